import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { GENERAL_ENTRY, bindEntries } from '../../../src/options/index.js';
import { packageRoot } from '../../../src/host/index.js';
import { readElf } from '../../../src/elf/index.js';
import { findToolchain, parseProgramArguments, resolveInputs } from '../../../src/inputs/index.js';
import { parseLinkMap } from '../../../src/ld/index.js';
import { linkProgram, type LinkedProgramResult } from '../../../src/link/program.js';
import { formatSyscallMap, type SyscallReport } from '../../../src/report/index.js';
import { syscallName } from '../../../src/report/syscall-names.js';
import {
  RewriteCache,
  contentKey,
  nativeReasons,
  readSites,
  rewriteInputs,
  type SyscallMode,
} from '../../../src/rewrite/index.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { HELLO_C, Workshop, sharedCache } from '../link/corpus.js';

const shop = new Workshop();
afterAll(() => shop.remove());

const BASE = 0xffffffff_82000000n;

async function link(words: readonly string[], syscalls: SyscallMode): Promise<LinkedProgramResult> {
  const toolchain = await findToolchain();
  const cache = new RewriteCache(sharedCache);
  const inputs = await resolveInputs(parseProgramArguments(words), toolchain, cache);
  const entry = `0x${(BASE - 0x10_0000n).toString(16)}`;
  const imports = bindEntries(new Set(), { [GENERAL_ENTRY]: entry }).addresses;
  return await linkProgram({
    inputs,
    toolchain,
    base: BASE,
    imports,
    rewriting: { syscalls },
    withSites: true,
    cache,
  });
}

/** The two bytes at each site of a linked program. */
function bytesAtSites({ program }: LinkedProgramResult, { sites }: SyscallReport): Set<string> {
  const elf = readElf(program.elf);
  return new Set(
    sites.map(({ address }) => {
      const at = BigInt(address);
      const segment = elf.segments.find(
        (s) => s.virtualAddress <= at && at < s.virtualAddress + BigInt(s.memorySize),
      );
      const offset = Number(at - (segment?.virtualAddress ?? 0n)) + (segment?.offset ?? 0);
      return Buffer.from(elf.bytes.subarray(offset, offset + 2)).toString('hex');
    }),
  );
}

const TEMPLATE_CC = `
inline long call(long n) { long r; asm volatile("syscall" : "=a"(r) : "0"(n) : "rcx", "r11", "memory"); return r; }
template <int N> __attribute__((noinline)) long made() { return call(N); }
long NAME() { return made<39>() + made<102>(); }
`;

describe('the sites of a linked program', () => {
  it(
    'are those of the members that ld took, at the addresses where it put them',
    { timeout: 60_000 },
    async () => {
      const linked = await link([shop.compile('hello.c', HELLO_C)], 'redirect');
      const { total, redirected, sites } = linked.syscalls ?? { total: 0, redirected: 0, sites: [] };
      expect(sites.length).toBe(total);
      expect(redirected / total).toBeGreaterThan(0.9);
      expect(bytesAtSites(linked, { total, redirected, sites })).toEqual(new Set(['0f05']));
      expect(sites.find(({ function: name, number }) => name === 'read' || number === 0)).toMatchObject({
        name: 'read',
      });
    },
  );

  it('are all native when that was asked for', { timeout: 60_000 }, async () => {
    const linked = await link([shop.compile('hello.c', HELLO_C)], 'native');
    expect(linked.syscalls).toMatchObject({ redirected: 0 });
    expect(new Set(linked.syscalls?.sites.map(({ state, reason }) => `${state} ${reason}`))).toEqual(
      new Set(['native option']),
    );
  });

  it('in functions that two objects bring are listed once', { timeout: 60_000 }, async () => {
    const objects = ['one', 'two'].map((name) =>
      shop.compile(`${name}.cc`, TEMPLATE_CC.replace('NAME', name), ['-O2', '-ffunction-sections']),
    );
    const main = shop.compile('main.cc', 'long one(), two(); int main() { return one() != two(); }');
    const { syscalls } = await link([main, ...objects], 'redirect');
    const own = syscalls?.sites.filter(({ section }) => section.startsWith('.text._Z4made')) ?? [];
    expect(own.map(({ file, state, name }) => [file, state, name])).toEqual([
      [objects[0], 'redirected', 'getpid'],
      [objects[0], 'redirected', 'getuid'],
    ]);
  });

  it('are kept in the cache beside the rewritten file, and found again when they are lost', async () => {
    const folder = temporaryFolder();
    const path = shop.compile(
      'call.c',
      'int f(void) { int r; __asm__ volatile("mov $39, %%eax; syscall" : "=a"(r) :: "rcx", "r11"); return r; }',
    );
    const input = { path, key: contentKey([readFileSync(path)]), size: 1, bytes: () => readFileSync(path) };
    const options = { syscalls: 'redirect' } as const;
    await rewriteInputs([input], options, new RewriteCache(folder));
    const kept = readdirSync(folder).filter((name) => name.endsWith('.sites'));
    expect(kept).toHaveLength(1);
    const sites = await readSites(input, options, new RewriteCache(folder));
    expect(sites).toMatchObject([{ position: 0, sites: [{ function: 'f', number: 39, section: '.text' }] }]);
    rmSync(join(folder, kept[0] ?? ''));
    expect(await readSites(input, options, new RewriteCache(folder))).toEqual(sites);
    const { made } = await rewriteInputs([input], { syscalls: 'native' }, new RewriteCache(folder));
    expect(made).toBe(1);
  });
});

describe('the map file', () => {
  it('has a line for each site by address, and says what the reasons mean', () => {
    const place = { section: '.text', function: 'f' };
    const text = formatSyscallMap({
      total: 2,
      redirected: 1,
      sites: [
        {
          ...place,
          file: 'b.a',
          member: 'x.o',
          offset: 32,
          address: '0x1020',
          state: 'native',
          reason: 'short',
        },
        {
          ...place,
          file: 'a.o',
          offset: 5,
          address: '0x1005',
          state: 'redirected',
          number: 39,
          name: 'getpid',
        },
      ],
    });
    expect(text).toMatchInlineSnapshot(`
      "1 of 2 system call sites redirected

      address  state       reason  number  name    place       function  object
      0x1005   redirected  -       39      getpid  .text+0x5   f         a.o
      0x1020   native      short   -       -       .text+0x20  f         b.a(x.o)

      short  fewer than five bytes can be moved: a call, a jump or a function’s start comes before
      "
    `);
  });

  it('has reasons that docs/syscalls.md explains, all of them', () => {
    const text = readFileSync(join(packageRoot, 'docs/syscalls.md'), 'utf8');
    const documented = [...text.matchAll(/^\| `([a-z-]+)`/gm)].map(([, reason]) => reason);
    expect(documented).toEqual(Object.keys(nativeReasons));
  });

  it('has addresses that ld’s map gives', () => {
    const map = parseLinkMap(
      '\nDiscarded input sections\n\n .text  0x0000000000000000  0x5 a.o\n\nMemory Configuration\n\n' +
        'Linker script and memory map\n\n .text          0x0000000000001000       0x10 a.o\n' +
        ' .text._ZN4long4nameEv\n                0x0000000000001010        0x8 /lib/b.a(c d.o)\n .text          0x0000000000001018        0x0 e.o\n',
    );
    expect(map.get('a.o')?.get('.text')).toEqual([{ address: 0x1000n, size: 16 }]);
    expect(map.get('/lib/b.a(c d.o)')?.get('.text._ZN4long4nameEv')).toEqual([{ address: 0x1010n, size: 8 }]);
    expect(map.has('e.o')).toBe(false);
  });
});

describe('the names of system calls', () => {
  it('are those of the headers', () => {
    const macros = execFileSync('gcc', [
      '-E',
      '-dM',
      '-include',
      'asm/unistd_64.h',
      '-xc',
      '/dev/null',
    ]).toString();
    const expected = [...macros.matchAll(/^#define __NR_(\w+) (\d+)$/gm)]
      .map(([, name = '', number]) => [Number(number), name] as const)
      .filter(([number]) => number <= 450);
    expect(expected.length).toBeGreaterThan(350);
    expect(expected.map(([number]) => [number, syscallName(number)])).toEqual(expected);
    expect([335, 423, 451].map(syscallName)).toEqual([undefined, undefined, undefined]);
  });
});
