import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { packImage, readImage } from '../../../src/image/index.js';
import { SYMBOL_SIZE, readElf, verifyElf } from '../../../src/elf/index.js';
import { smallKernel, syntheticParts } from '../../support/image/synthetic-kit.js';
import { CXX_CC, HELLO_C, TLS_C, WORDS_C, Workshop } from './corpus.js';

const shop = new Workshop();
afterAll(() => shop.remove());

const BASE = 0xffffffff_83000000n;

const programs = {
  hello: () => [shop.compile('hello.c', HELLO_C, ['-g'])],
  words: () => [shop.compile('words.c', WORDS_C), shop.compile('tls.c', TLS_C)],
  'C++': () => [shop.compile('cxx.cc', CXX_CC)],
} as const;

interface ListedSymbol {
  readonly value: string;
  readonly size: string;
  readonly type: string;
  readonly bind: string;
  /** A number, `UND`, `ABS`. */
  readonly section: string;
  readonly name: string;
}

/** Symbols of an ELF file as readelf lists them. It must have no complaint. */
function symbolsOf(file: string): ListedSymbol[] {
  const { stdout, stderr, status } = spawnSync('readelf', ['-sSlnW', file], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const lines = stdout.matchAll(/^ *\d+: ([0-9a-f]{16}) +(\w+) (\w+) +(\w+) +\w+ +(\w+) (\S+)$/gm);
  return Array.from(lines, ([, value = '', size = '', type = '', bind = '', section = '', name = '']) => ({
    ...{ value, size, type, bind, section, name },
  }));
}

/** What of ld's symbols belongs to the program: the definition in docs/link.md, over again. */
const isOfProgram = ({ type, section, name }: ListedSymbol): boolean =>
  ['NOTYPE', 'OBJECT', 'FUNC', 'IFUNC'].includes(type) &&
  /^\d+$/.test(section) &&
  name.startsWith('ukl_') &&
  !name.startsWith('ukl_.L');

const facts = ({ value, size, type, name }: ListedSymbol): string => [value, size, type, name].join(' ');

describe('what is behind the segments', () => {
  it.each(Object.entries(programs))(
    '%s has the symbols that readelf finds in ld’s output',
    async (name, objects) => {
      const { program, debug } = await shop.linkWith(objects(), BASE, 'redirect', true);
      const [ours, theirs] = [shop.path(`${name}.slot`), shop.path(`${name}.ld`)];
      writeFileSync(ours, program.elf);
      writeFileSync(theirs, debug ?? '');
      const found = symbolsOf(ours);
      const wanted = symbolsOf(theirs).filter(isOfProgram);
      expect(wanted.length).toBeGreaterThan(1000);
      expect(found.map(facts).sort()).toEqual(wanted.map(facts).sort());

      expect(new Set(found.map(({ bind }) => bind))).toEqual(new Set(['LOCAL']));
      const values = found.map(({ value }) => value);
      expect(values).toEqual([...values].sort());
      expect(verifyElf(readElf(program.elf))).toEqual([]);
    },
  );

  it('has strong names in front of weak ones of the same place, as the kernel’s own table has', async () => {
    const { elf } = await shop.link(programs.hello(), BASE);
    const { symbols } = readElf(elf);
    const names = Array.from(symbols ?? [], (symbol) => symbol.name);
    const value = (name: string): bigint => symbols?.value(names.indexOf(name)) ?? -1n;
    const firstAt = (at: bigint): string =>
      names[Array.from(symbols ?? []).findIndex((s) => s.value === at)] ?? '';
    expect(value('ukl_write')).toBe(value('ukl___write'));
    expect(firstAt(value('ukl_write'))).toBe('ukl___libc_write');
    expect(firstAt(value('ukl_main'))).toBe('ukl_main');
  });

  it('moves every address but those of symbol 0 and of sections without one', async () => {
    const { elf, relocs } = await shop.link(programs.words(), BASE);
    const { symbols, sections, header } = readElf(elf);
    const words = new Set(Array.from(relocs.relocs64));
    const at = (offset: number): boolean => words.has(Number(BASE & 0xffff_ffffn) + offset);
    for (let i = 1; i < (symbols?.length ?? 0); i++)
      if (!at((symbols?.section.offset ?? 0) + i * SYMBOL_SIZE + 8)) expect.fail(symbols?.name(i));
    for (const { index, address } of sections)
      expect(at(header.shoff + index * 64 + 16)).toBe(address !== 0n);
    expect(header.shoff + header.shnum * 64).toBe(elf.length);
  });

  it.each(['-s', '--strip-all', '-Wl,-s'])('%s leaves the symbols out, and nothing else', async (option) => {
    const full = await shop.link(programs.hello(), BASE);
    const { elf, relocs } = await shop.link([...programs.hello(), option], BASE);
    const names = (bytes: Uint8Array): string[] => readElf(bytes).sections.map(({ name }) => name);
    expect(names(full.elf)).toEqual([...names(elf).slice(0, -1), '.symtab', '.strtab', '.shstrtab']);
    expect(relocs.relocs32).toEqual(full.relocs.relocs32);
    const file = shop.path(`stripped${option}`);
    writeFileSync(file, elf);
    expect(symbolsOf(file)).toEqual([]);
  });

  it('comes back out of an image as it went in', async () => {
    const parts = await syntheticParts(smallKernel);
    const program = await shop.link(programs.words(), parts.slot.vaddr);
    const initramfs = Buffer.from('070701');
    const { ukl } = await readImage(packImage(parts, { program, initramfs }));
    expect(Buffer.from(ukl?.program?.elf ?? []).equals(program.elf)).toBe(true);
    expect(ukl?.initramfs).toEqual(new Uint8Array(initramfs));
  });

  it('is enough for a debugger', async () => {
    const { debug, program } = await shop.linkWith(programs.hello(), BASE, 'redirect', true);
    const [slot, file] = [shop.path('gdb.slot'), shop.path('gdb.dbg')];
    writeFileSync(slot, program.elf);
    writeFileSync(file, debug ?? '');
    const gdb = (path: string, ...commands: string[]): string =>
      execFileSync('gdb', ['-batch', '-nx', ...commands.flatMap((c) => ['-ex', c]), path], {
        encoding: 'utf8',
      });
    expect(gdb(slot, 'info line ukl_main', 'info symbol ukl_main')).toContain('ukl_main in section .text');
    expect(gdb(file, 'info line main')).toMatch(/^Line 3 of "\S*hello.c" starts at address \S+ <main>/);
  });
});
