/** Links that must fail, through the real command line: one catalogued error, and nothing on disk is touched (see failLink). */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PT } from '../../src/elf/index.js';
import { findTool } from '../../src/host/index.js';
import { findKit } from '../../src/kernel/store.js';
import type { Diagnostic } from '../../src/errors/index.js';
import { failLink, newBench, saidCodes, snapshot } from '../support/failing.js';
import { processesNaming } from '../support/live.js';
import { runCli } from '../support/cli.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { HELLO_C, Workshop } from '../unit/link/corpus.js';

const shop = new Workshop();
let hello: string;
let slot: number;
beforeAll(async () => {
  slot = (await findKit()).manifest.slot.size;
  hello = shop.compile('hello.c', HELLO_C);
});
afterAll(() => shop.remove());

/** A file of the shop. */
function file(name: string, content: string | Uint8Array): string {
  writeFileSync(shop.path(name), content);
  return shop.path(name);
}

/** A copy of hello.o with some bytes changed. */
const damaged = (name: string, change: (bytes: Buffer) => Buffer): string =>
  file(name, change(readFileSync(hello)));

/** What gcc makes of hello.o. */
function program(name: string, ...flags: string[]): string {
  execFileSync('gcc', [...flags, hello, '-o', shop.path(name)]);
  return shop.path(name);
}

/** hello.o and something else. */
const withHello = (...words: string[]): string[] => [`--with-program=${hello}`, ...words];
const codesOf = (problems: readonly Diagnostic[]): string[] => problems.map(({ code }) => code);

describe('an input that is no object', () => {
  const inputs: [name: string, make: () => string, code: string, place?: Partial<Diagnostic>][] = [
    ['text', () => file('text.o', 'int main;\n'), 'UKL1001'],
    ['empty', () => file('empty.o', ''), 'UKL1001'],
    [
      '32-bit',
      () => {
        execFileSync('as', ['--32', '-o', shop.path('m32.o'), file('m32.s', 'nop\n')]);
        return shop.path('m32.o');
      },
      'UKL1002',
    ],
    ['big-endian', () => damaged('big.o', (b) => (b.writeUInt8(2, 5), b)), 'UKL1003'],
    ['of another machine', () => damaged('arm.o', (b) => (b.writeUInt16LE(183, 18), b)), 'UKL1004'],
    [
      'truncated',
      () => damaged('cut.o', (b) => b.subarray(0, b.length - 100)),
      'UKL1005',
      { offset: expect.any(Number) as number },
    ],
    [
      'a truncated archive',
      () => file('cut.a', readFileSync(shop.archive('whole.a', [hello])).subarray(0, 400)),
      'UKL1005',
      { offset: expect.any(Number) as number },
    ],
    [
      'a thin archive whose member is gone',
      () => {
        const member = shop.compile('member.c', 'int member;');
        const archive = shop.archive('thin.a', [member], 'rcsT');
        rmSync(member);
        return archive;
      },
      'UKL1035',
      { member: expect.stringMatching(/member\.c\.\.o$/) as string },
    ],
    ['a dynamic program', () => program('dynamic'), 'UKL2008'],
    ['a program at a fixed address', () => program('fixed', '-static', '-no-pie'), 'UKL2008'],
    ['a shared library', () => program('shared.so', '-shared'), 'UKL2008'],
    ['absent', () => shop.path('absent.o'), 'UKL6005'],
    ['a folder', () => shop.folder, 'UKL6005'],
  ];
  it.each(inputs)('%s', async (_, make, code, place = {}) => {
    const path = make();
    const problems = await failLink(withHello(path), { inputs: [shop.folder] });
    expect(problems).toMatchObject([{ code, file: path, ...place }]);
  });

  it('a finished static program with something else', async () => {
    const whole = program('whole', '-static-pie');
    const problems = await failLink(withHello(whole), { inputs: [shop.folder] });
    expect(problems).toMatchObject([{ code: 'UKL2040', file: whole }]);
  });

  it.each<[name: string, code: string, make: (name: string) => string]>([
    [
      'with segments 8 MiB apart',
      'UKL2041',
      (name) => program(name, '-static-pie', '-Wl,-z,max-page-size=0x800000'),
    ],
    [
      'that has no program header to spare',
      'UKL2042',
      (name) => {
        const bytes = readFileSync(program(`${name}.whole`, '-static-pie'));
        const end = 64 + 56 * bytes.readUInt16LE(56);
        for (let header = 64; header < end; header += 56) {
          const type = bytes.readUInt32LE(header);
          if (type === PT.NOTE || type === PT.GNU_PROPERTY) bytes.writeUInt32LE(PT.GNU_STACK, header);
        }
        return file(name, bytes);
      },
    ],
  ])('a finished static program %s', async (name, code, make) => {
    const path = make(name);
    const problems = await failLink([`--with-program=${path}`], { inputs: [shop.folder] });
    expect(new Set(codesOf(problems))).toEqual(new Set([code]));
    expect(problems[0]?.file).toBe(path);
  });

  it('an archive of nothing has no main', async () => {
    const problems = await failLink([`--with-program=${file('nothing.a', '!<arch>\n')}`]);
    expect(problems).toMatchObject([{ code: 'UKL2011', symbol: 'main' }]);
  });
});

describe('symbols and relocations', () => {
  it('all undefined symbols, each with who refers to it', async () => {
    const user = shop.compile(
      'user.c',
      'int one(void); extern int two; int f(void) { return one(); } int main(void) { return one() + two; }',
    );
    const problems = await failLink([`--with-program=${user}`], { inputs: [shop.folder] });
    expect(problems).toMatchObject([
      { code: 'UKL2011', symbol: 'one', file: user },
      { code: 'UKL2011', symbol: 'two', file: user },
    ]);
    expect(problems[0]?.message).toMatch(/: f \(\.text\)\+0x[^]*: main \(\.text\)\+0x/);
    expect(problems[1]?.message).toMatch(/: main \(\.text\)\+0x/);
  });

  it('duplicate symbols, each with both places', async () => {
    const other = shop.compile('other.c', 'int main(void) { return 0; } int same; ');
    const more = shop.compile('more.c', 'int same; ');
    const problems = await failLink(withHello(other, more), { inputs: [shop.folder] });
    expect(problems).toMatchObject([
      { code: 'UKL2012', symbol: 'main', file: other, section: '.text' },
      { code: 'UKL2012', symbol: 'same', file: more, section: '.bss' },
    ]);
    expect(problems[0]?.message).toContain(`in ${hello} and in ${other}`);
  });

  it('relocations out of reach, with the place and the flags to compile with', async () => {
    const far = shop.compile('far.c', 'extern int v[9]; int *q(void) { return v; } int v[9];', ['-fno-pie']);
    const problems = await failLink(withHello(far), { inputs: [shop.folder] });
    const place = { file: far, section: '.text', symbol: 'v', offset: 1 };
    expect(problems).toMatchObject([{ code: 'UKL2013', ...place }]);
    expect(problems[0]?.hint).toContain('-mcmodel=kernel');
  });

  it('relocations that only ld finds out of reach', async () => {
    const jump = shop.compile('jump.s', '.globl f\nf: jmp far\n.globl far\n.set far, 0x1234567812345678\n');
    const problems = await failLink(withHello(jump));
    expect(codesOf(problems)).toEqual(['UKL2014']);
    expect(problems[0]?.message).toContain('against symbol `far');
  });
});

describe('what does not fit', () => {
  const array = (bytes: number): string =>
    shop.compile(`a${bytes}.c`, `char a[${bytes}]; char *p(void) { return a; }`);

  it('a program larger than the slot', async () => {
    const problems = await failLink(withHello(array(slot)));
    expect(problems).toMatchObject([{ code: 'UKL3001' }]);
    expect(problems[0]?.hint).toContain(`--slot-size ${slot / 2 ** 20 + 2}`);
  });

  it('a program larger than any slot', async () => {
    const problems = await failLink(withHello(array(2 ** 29 + 2 ** 20)));
    expect(problems).toMatchObject([{ code: 'UKL3001', hint: expect.stringContaining('malloc') as string }]);
  });

  it('a root file system that does not fit behind the program', async () => {
    const tree = temporaryFolder();
    writeFileSync(join(tree, 'noise'), randomBytes(4 << 20));
    const problems = await failLink(withHello(array(slot - (3 << 20)), '--rootfs', tree), { inputs: [tree] });
    expect(codesOf(problems)).toEqual(['UKL3002']);
  });
});

it('a file for the image that is larger than the slot is not even read', async () => {
  const large = join(temporaryFolder(), 'large');
  writeFileSync(large, '');
  truncateSync(large, 2 ** 40);
  const problems = await failLink(withHello('--file', `${large}:/srv/large`));
  expect(codesOf(problems)).toEqual(['UKL3002']);
  expect(problems[0]?.hint).toContain('--disk FILE:/FOLDER');
});

describe('options', () => {
  it.each([
    [['--env', 'NOTHING'], 'UKL2020'],
    [['--cmdline', 'caf\u00e9'], 'UKL3005'],
    [['--cmdline', 'x'.repeat(2047)], 'UKL3004'],
    [['--rootfs', '/none'], 'UKL3030'],
    [['--file', '/none:/etc/none'], 'UKL3030'],
    [['--file', '/etc/passwd:/init'], 'UKL3036'],
    [['--file', '/etc/passwd:etc/passwd'], 'UKL3036'],
    [['--file', '/dev/null:/etc/null'], 'UKL3032'],
    [['--kit', 'abc'], 'UKL4011'],
    [['-lnone'], 'UKL2006'],
    [['--frobnicate'], 'UKL2002'],
  ])('%j', async (words, code) => {
    expect(codesOf(await failLink(withHello(...words)))).toEqual([code]);
  });

  it('several problems of all kinds are one report', async () => {
    const words = withHello(file('text2.o', '?'), shop.path('absent.o'), '-lnone', '--env', 'X');
    const problems = await failLink([...words, '--cmdline', '\u00e9', '--rootfs', '/none', '--kit', 'abc'], {
      output: '/none/image',
    });
    const inputs = ['UKL1001', 'UKL6005', 'UKL2006'];
    expect(codesOf(problems)).toEqual(['UKL4011', 'UKL3030', 'UKL6004', ...inputs, 'UKL2020', 'UKL3005']);
  });
});

describe('an output that cannot be written', () => {
  it.each([
    ['in a folder that is not there', '/none/image', 'no such file or folder'],
    // Not even root may make files there.
    ['in a folder that may not be written', '/sys/image', ''],
    ['below a file', `${import.meta.filename}/image`, 'a part of the path is not a folder'],
    ['a folder', '/usr/lib', 'it is a folder'],
    ['a device', '/dev/null', 'it is a device'],
  ])('%s', async (_, output, why) => {
    const problems = await failLink(withHello(), { output });
    expect(problems).toMatchObject([{ code: 'UKL6004', file: output }]);
    expect(problems[0]?.message).toContain(why);
  });

  it('a member of a thin archive', async () => {
    const member = shop.compile('member.c', 'int unused;');
    const thin = shop.archive('thin.a', [member], 'rcsT');
    const problems = await failLink(withHello(thin), { output: member, inputs: [shop.folder] });
    expect(problems).toMatchObject([{ code: 'UKL2018', file: member }]);
  });

  it('an input, by whatever name', async () => {
    const bench = newBench();
    symlinkSync(shop.folder, join(bench.folder, 'link'));
    const tree = join(bench.folder, 'tree.cpio');
    writeFileSync(tree, execFileSync('sh', ['-c', 'printf etc | cpio -o -H newc --quiet -D /']));
    for (const output of [hello, join(bench.folder, 'link', 'hello.c..o'), tree]) {
      const problems = await failLink(withHello('--rootfs', tree), { bench, output, inputs: [shop.folder] });
      expect(problems).toMatchObject([{ code: 'UKL2018', file: output }]);
      const added = await failLink(withHello('--file', `${tree}:/x`), {
        bench,
        output,
        inputs: [shop.folder],
      });
      expect(added).toMatchObject([{ code: 'UKL2018', file: output }]);
    }
    for (const map of [hello, join(bench.folder, 'link', 'hello.c..o')]) {
      const problems = await failLink(withHello(`--map=${map}`), { bench, inputs: [shop.folder] });
      expect(problems).toMatchObject([{ code: 'UKL2018', file: map }]);
    }
  });

  it('is the map’s as well', async () => {
    const bench = newBench();
    const same = join(bench.folder, 'out', 'same');
    const problems = await failLink(withHello(`--map=${same}`), { bench, output: same });
    expect(problems).toMatchObject([{ code: 'UKL2018', file: same }]);
  });

  it('is a map in a folder that does not exist', async () => {
    expect(codesOf(await failLink(withHello('--map=/no/such/map')))).toEqual(['UKL6004']);
  });
});

describe('ld', () => {
  /** A PATH that begins with a folder where ld is this shell script. */
  function pathWithLd(script: string): string {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'ld'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return `${folder}:${process.env.PATH ?? ''}`;
  }

  it('is missing', async () => {
    const folder = temporaryFolder();
    symlinkSync(findTool('gcc') ?? '', join(folder, 'gcc'));
    const [problem, ...others] = await failLink(withHello(), { env: { PATH: folder } });
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code: 'UKL6002', message: 'missing on this machine: ld' });
    expect(problem?.hint).toContain('apt-get install');
  });

  it('crashes', async () => {
    const problems = await failLink(withHello(), { env: { PATH: pathWithLd('kill -SEGV $$') } });
    expect(problems).toMatchObject([{ code: 'UKL2014', message: 'ld ended with SIGSEGV' }]);
  });

  it('succeeds without an output', async () => {
    const problems = await failLink(withHello(), { env: { PATH: pathWithLd('exit 0') } });
    expect(problems).toMatchObject([
      { code: 'UKL2014', message: 'ld ended with status 0, but wrote no program' },
    ]);
  });

  it.each([
    ['INT', 130],
    ['TERM', 143],
  ])('is ended with the link by SIG%s, and nothing is left', async (signal, status) => {
    const bench = newBench();
    const before = snapshot(bench.folder);
    const seconds = `61.${process.pid}${status}`;
    const slow = `while [ "$1" != -o ]; do shift; done; echo half > "$2"; kill -${signal} $PPID; exec sleep ${seconds}`;
    const env = { TMPDIR: bench.temporary, PATH: pathWithLd(slow) };
    const result = await runCli(withHello('-o', bench.old), { env });
    expect({ ...result, stderr: saidCodes(result.stderr) }).toEqual({
      status,
      stdout: '',
      stderr: ['UKL6006'],
    });
    expect(snapshot(bench.folder)).toEqual(before);
    expect(await processesNaming(seconds)).toEqual([]);
  });
});
