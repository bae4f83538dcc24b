import { describe, expect, it } from 'vitest';
import { progress } from '../../../src/kernel/compile.js';
import { droppedLines } from '../../../src/kernel/configure.js';
import { decisiveLines, saysDiskFull } from '../../../src/kernel/log-lines.js';
import { entriesOf, slotOf } from '../../../src/kernel/symbols.js';
import { buildRequirements, sourceRequirement, treeRequirements } from '../../../src/kernel/requirements.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../src/host/index.js';

describe('droppedLines', () => {
  const actual = 'CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_TEXT="x y"\nCONFIG_N=5\n';
  it.each([
    [['CONFIG_A=y', 'CONFIG_B=n', 'CONFIG_ABSENT=n', 'CONFIG_TEXT="x y"', 'CONFIG_N=5'], []],
    [['CONFIG_A=n'], ['CONFIG_A=n']],
    [
      ['CONFIG_B=y', 'CONFIG_ABSENT=m'],
      ['CONFIG_B=y', 'CONFIG_ABSENT=m'],
    ],
    [['CONFIG_N=7', 'CONFIG_N=5'], []],
    [['# CONFIG_A=n', '', '  CONFIG_A=y'], []],
  ])('%j', (requested, dropped) => {
    expect(droppedLines(requested, actual)).toEqual(dropped);
  });
});

describe('decisiveLines', () => {
  const noise = Array.from({ length: 500 }, (_, i) => `  CC      kernel/file-${i}.o`);
  it.each([
    ['the compiler’s', ["kernel/x.c:1:2: error: expected ';'"]],
    ['the assembler’s', ["arch/x86/entry/x.S:7: Error: no such instruction: `foo'"]],
    ['the linker’s', ["ld: vmlinux.o: in function `f':", "x.c:(.text+0x1): undefined reference to `g'"]],
    ['a missing tool’s', ['/bin/sh: 1: bc: not found']],
  ])('finds %s error between noise and make’s echo of it', (_who, lines) => {
    const log = [...noise, ...lines, ...noise, 'make[1]: *** [Makefile:1: x] Error 2', 'make: *** Error 2'];
    expect(decisiveLines(log.join('\n'))).toEqual(lines);
  });

  it('falls back to make’s words, then to the end of the log', () => {
    expect(decisiveLines([...noise, "make: *** No rule to make target 'x'.  Stop."].join('\n'))).toEqual([
      "make: *** No rule to make target 'x'.  Stop.",
    ]);
    expect(decisiveLines(noise.join('\n')).at(-1)).toBe('  CC      kernel/file-499.o');
  });

  it('does not take names for errors', () => {
    const log = ['  CC      lib/errname.o', '  CC      fs/error.o', 'the end'];
    expect(decisiveLines(log.join('\n'))).toEqual(log);
  });

  it('knows a full disk', () => {
    expect(saysDiskFull('ld: final link failed: No space left on device')).toBe(true);
    expect(saysDiskFull(noise.join('\n'))).toBe(false);
  });
});

describe('progress', () => {
  it('never claims less than is done, and estimates by pace', () => {
    expect(progress(5, 2000, 1)).toEqual({ done: 5, total: 2000 });
    expect(progress(500, 2000, 100)).toEqual({ done: 500, total: 2000, secondsLeft: 300 });
    expect(progress(2100, 2000, 100)).toEqual({ done: 2100, total: 2100, secondsLeft: 0 });
  });
});

describe('symbols of a kernel', () => {
  it('reads the slot and the entries from System.map', () => {
    const map =
      'ffffffff81000000 T _text\nffffffff83000000 B __ukl_slot_start\nffffffff87000000 B __ukl_slot_end\n';
    expect(slotOf(map)).toEqual({ start: '0xffffffff83000000', size: 0x4000000 });
    const entries = 'ffffffff81a00000 T ukl_entry_SYSCALL_64_not\nffffffff81a00180 T ukl_entry_SYSCALL_64\n';
    expect(entriesOf(entries)).toEqual({ ukl_entry_SYSCALL_64: '0xffffffff81a00180' });
    const more = `${entries}ffffffff81a00200 T ukl_bypass_39\nffffffff81a00300 T ukl_shortcut_1\nffffffff81a00400 T ukl_bypass_39x\n`;
    expect(entriesOf(more)).toEqual({
      ukl_entry_SYSCALL_64: '0xffffffff81a00180',
      ukl_bypass_39: '0xffffffff81a00200',
      ukl_shortcut_1: '0xffffffff81a00300',
    });
    expect(() => entriesOf(map)).toThrow(/UKL4021/);
    expect(() => slotOf('ffffffff81000000 T _text\n')).toThrow(/UKL4021/);
  });
});

describe('prerequisites.sh', () => {
  it('installs every package that the tool asks for', () => {
    const script = readFileSync(join(packageRoot, 'scripts/prerequisites.sh'), 'utf8');
    const listed = [...script.matchAll(/^.*\bpackages="([^"]*)"/gm)].flatMap(([, names = '']) =>
      names.split(' '),
    );
    const asked = [...buildRequirements, ...treeRequirements, sourceRequirement].map((r) => r.package);
    expect(asked.filter((name) => !listed.includes(name))).toEqual([]);
  });
});
