import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PF, PT, notesOf, readElf } from '../../../src/elf/index.js';
import type { UklError } from '../../../src/errors/index.js';
import { PT_UKL_INITRAMFS } from '../../../src/ld/index.js';
import { link } from '../../../src/link.js';
import { HELLO_C, TLS_C, Workshop, WORDS_C } from './corpus.js';

const shop = new Workshop();
const BASE = 0xffffffff_83000000n;
let cacheBefore: string | undefined;
beforeAll(() => {
  cacheBefore = process.env.UKL_CACHE_DIR;
  process.env.UKL_CACHE_DIR = shop.path('empty-cache');
});
afterAll(() => {
  if (cacheBefore === undefined) delete process.env.UKL_CACHE_DIR;
  else process.env.UKL_CACHE_DIR = cacheBefore;
  shop.remove();
});

describe('a program for the slot', () => {
  it('has the segments of the contract, laid out in the file as in the slot', async () => {
    const words = [shop.compile('words.c', WORDS_C), shop.compile('tls.c', TLS_C)];
    const { elf: bytes } = await shop.link(words, BASE);
    const elf = readElf(bytes);
    const loads = elf.segments.filter((s) => s.type === PT.LOAD);
    expect(loads.map((s) => s.flags)).toEqual([PF.R, PF.R | PF.X, PF.R | PF.W]);
    expect(loads[0]?.virtualAddress).toBe(BASE);
    for (const { virtualAddress, offset } of loads) {
      expect(virtualAddress % 4096n).toBe(0n);
      expect(BigInt(offset)).toBe(virtualAddress - BASE);
    }
    const one = (type: number) => {
      const found = elf.segments.filter((s) => s.type === type);
      expect(found).toHaveLength(1);
      return found[0];
    };
    expect(one(PT.TLS)?.memorySize).toBeGreaterThan(80);
    expect(one(PT.GNU_STACK)?.flags).toBe(PF.R | PF.W);
    expect(one(PT.GNU_RELRO)?.virtualAddress).toBe(loads[2]?.virtualAddress);
    expect(one(PT.GNU_RELRO)?.memorySize).toSatisfy((size: number) => size > 0 && size % 4096 === 0);
    expect(one(PT.GNU_EH_FRAME)?.memorySize).toBeGreaterThan(1000);
    const last = loads.at(-1);
    const memoryEnd = (last?.virtualAddress ?? 0n) + BigInt(last?.memorySize ?? 0);
    const end = memoryEnd > BASE + BigInt(bytes.length) ? memoryEnd : BASE + BigInt(bytes.length);
    expect(one(PT_UKL_INITRAMFS)).toMatchObject({
      virtualAddress: ((end + 4095n) / 4096n) * 4096n,
      fileSize: 0,
    });

    const [ukl] = notesOf(elf).filter((note) => note.owner === 'UKL');
    expect(ukl?.type).toBe(1);
    expect(Buffer.from(ukl?.descriptor ?? [])).toEqual(Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]));
    // A second opinion on the whole.
    const file = shop.path('program');
    writeFileSync(file, bytes);
    const readelf = execFileSync('readelf', ['-lnW', file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(readelf).toContain(`Entry point 0x${elf.header.entry.toString(16)}`);
    expect(readelf).not.toMatch(/warning/i);
  });
});

describe('a link that cannot be made', () => {
  const problemsOf = async (work: Promise<unknown>): Promise<string[]> =>
    work.then(
      () => [],
      (error: unknown) => (error as UklError).diagnostics.map((d) => d.code),
    );

  it('names everything that is wrong in one run, and leaves the old output as it was', async () => {
    const output = shop.path('old.bzImage');
    writeFileSync(output, 'old');
    const input = shop.compile('u.c', 'int missing(void); int main(void) { return missing(); }');
    const files = (): string[] =>
      readdirSync(shop.folder)
        .filter((name) => name !== 'empty-cache')
        .sort();
    const before = files();
    const options = { program: [input], output, rootfs: shop.path('no-such-tree') };
    expect(await problemsOf(link(options))).toEqual(['UKL4010', 'UKL3030', 'UKL2011']);
    expect(await problemsOf(link({ ...options, program: ['--what'] }))).toEqual([
      'UKL4010',
      'UKL2002',
      'UKL2001',
      'UKL3030',
    ]);
    expect(readFileSync(output, 'utf8')).toBe('old');
    expect(files()).toEqual(before);
  });

  it('takes warnings for errors if it is told to', async () => {
    const input = shop.compile('cli.c', 'int main(void) { __asm__("cli"); return 0; }');
    const options = { program: [input], output: shop.path('fatal.bzImage') };
    expect(await problemsOf(link({ ...options, fatalWarnings: true }))).toEqual(['UKL4010', 'UKL2105']);
    expect(await problemsOf(link(options))).toEqual(['UKL4010']);
  });

  it('refuses to write over an input', async () => {
    const input = shop.compile('hello.c', HELLO_C);
    const before = readFileSync(input);
    expect(
      await problemsOf(link({ program: [input], output: `${shop.folder}/./${input.split('/').pop()}` })),
    ).toEqual(['UKL4010', 'UKL2018']);
    expect(readFileSync(input)).toEqual(before);
  });
});
