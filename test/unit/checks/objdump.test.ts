import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findingsOf } from '../../../src/checks/index.js';
import { functionsOf } from '../../../src/checks/functions.js';
import { readElf, type ElfFile } from '../../../src/elf/index.js';

const LIBRARIES = '/usr/lib/x86_64-linux-gnu';
const folder = mkdtempSync(join(tmpdir(), 'ukl-objdump-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is to be found in an instruction, in objdump's words. */
const RULES: readonly (readonly [check: string, pattern: RegExp])[] = [
  ['halt', /^hlt/],
  [
    'privileged',
    /^(?:cli|sti|clts|lmsw|lgdt|lidt|lldt|ltr|invd|wbinvd|invlpg|xsetbv|rdmsr|wrmsr|stac|clac|in|out|(?:rep )?(?:ins|outs)[bwl])\b|^mov .*%[cdt]r\d/,
  ],
  ['ringChange', /^(?:int |iret|sysret|sysexit|sysenter|(?:rex\S* )?lret|ljmp|lcall)/],
  ['gsBase', /^(?:swapgs|rdgsbase|wrgsbase|lgs)|,%gs$|^pop +%gs/],
  ['gsAccess', /^(?!lea|nop).*%gs:/],
  ['redZone', /^(?!lea|nop|lock addl +\$0x0|or[lq] +\$0x0).*[ ,*]-0x[0-9a-f]+\(%rsp\)/],
];

/** `member function check` of every instruction that objdump shows within a function. */
function byObjdump(files: readonly string[], elves: ReadonlyMap<string, ElfFile>): string[] {
  const text = execFileSync('objdump', ['-d', '--no-show-raw-insn', ...files], {
    encoding: 'latin1',
    maxBuffer: 2 ** 30,
  });
  const found = new Set<string>();
  let file = '';
  let nameAt: (offset: number) => string | undefined = () => undefined;
  for (const line of text.split('\n')) {
    const [, path] = /^(\S+): +file format/.exec(line) ?? [];
    if (path !== undefined) file = basename(path);
    const [, section] = /^Disassembly of section (.*):$/.exec(line) ?? [];
    if (section !== undefined) nameAt = functionFinder(elves.get(file), section);
    const [, at, instruction = ''] = /^ +([0-9a-f]+):\t(.*?)(?: +#.*| +<.*)?$/.exec(line) ?? [];
    if (at === undefined) continue;
    for (const [check, pattern] of RULES) {
      if (!pattern.test(instruction)) continue;
      const name = nameAt(parseInt(at, 16));
      if (name !== undefined) found.add(`${file} ${name} ${check}`);
    }
  }
  return [...found].sort();
}

/** Whose name is right is not the question here: which bytes belong to a function, and which instructions they are, is. */
function functionFinder(elf: ElfFile | undefined, section: string): (offset: number) => string | undefined {
  const ranges =
    elf === undefined ? [] : [...functionsOf(elf)].find((code) => code.section.name === section)?.functions;
  return (offset) => ranges?.find(({ start, end }) => offset >= start && offset < end)?.name;
}

/** The same by the checks. */
function byChecks(elves: ReadonlyMap<string, ElfFile>): string[] {
  const checks = new Set(RULES.map(([check]) => check));
  const found = [...elves].flatMap(([file, elf]) =>
    findingsOf(elf)
      .filter(({ check }) => checks.has(check))
      .map(({ symbol, check }) => `${file} ${symbol} ${check}`),
  );
  return [...new Set(found)].sort();
}

function members(archive: string, wanted: (name: string) => boolean): string[] {
  const path = join(LIBRARIES, archive);
  const names = execFileSync('ar', ['t', path], { encoding: 'utf8' })
    .split('\n')
    .filter((name) => name !== '' && wanted(name));
  execFileSync('ar', ['x', '--output', folder, path, ...new Set(names)]);
  return readdirSync(folder).filter((name) => names.includes(name));
}

function read(names: readonly string[]): Map<string, ElfFile> {
  return new Map(names.map((name) => [name, readElf(readFileSync(join(folder, name)), { file: name })]));
}

/**
 * Found by the checks alone: %rbp is the frame pointer, an index or an address is meant, which the patterns above cannot tell. By objdump alone:
 * the strings behind RC4_options are decoded as instructions.
 */
const STRINGS = /^libcrypto-lib-rc4-x86_64\.o RC4_options /;

describe('the instructions found', () => {
  it.each([
    ['libc.a', (): boolean => true],
    // Hand-written, with tables and strings between the functions.
    ['libcrypto.a', (name: string): boolean => name.includes('x86_64')],
  ])('in %s are those that objdump shows', (archive, wanted) => {
    const elves = read(members(archive, wanted));
    const files = [...elves.keys()].map((name) => join(folder, name));
    const expected = byObjdump(files, elves).filter((text) => !STRINGS.test(text));
    const found = byChecks(elves);
    expect(expected.length).toBeGreaterThan(2);
    expect(expected.filter((text) => !found.includes(text))).toEqual([]);
    const more = found.filter((text) => !expected.includes(text));
    expect(more.filter((text) => !text.endsWith(' redZone'))).toEqual([]);
  });
});
