import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { LinkedProgram } from '../../../src/image/index.js';
import { CODE_MODELS, CXX_CC, HELLO_C, TLS_C, Workshop, WORDS_C, codeModels } from './corpus.js';

const shop = new Workshop();
afterAll(() => shop.remove());

const BASE = 0xffffffff_83000000n;
/** Where KASLR might put the slot, the farthest included. */
const MOVED = 0xffffffff_bfe00000n - 0x1000_0000n;
/** An address that ring 3 may use. */
const USER = 0x40_0000n;

/** What handle_relocations() of arch/x86/boot/compressed/misc.c does, for a slot at BASE. */
function relocate(program: LinkedProgram, delta: bigint): Uint8Array {
  const image = program.elf.slice();
  const view = new DataView(image.buffer);
  const at = (word: number): number => word - Number(BASE & 0xffff_ffffn);
  for (const word of Array.from(program.relocs.relocs64)) {
    view.setBigUint64(at(word), BigInt.asUintN(64, view.getBigUint64(at(word), true) + delta), true);
  }
  for (const word of Array.from(program.relocs.relocs32)) {
    view.setUint32(at(word), view.getUint32(at(word), true) + Number(delta), true);
  }
  for (const word of Array.from(program.relocs.relocs32Inverse)) {
    view.setUint32(at(word), view.getUint32(at(word), true) - Number(delta), true);
  }
  return image;
}

/** The 4-byte words in which two images differ, as symbol+offset of the first. */
function differences(a: Uint8Array, b: Uint8Array): number[] {
  expect(b.length).toBe(a.length);
  const words: number[] = [];
  for (let i = 0; i < a.length; i++)
    if (a[i] !== b[i] && words.at(-1) !== i - (i % 4)) words.push(i - (i % 4));
  return words;
}

const hello = codeModels.map(
  (m) => [`hello, ${m}`, () => [shop.compile('hello.c', HELLO_C, CODE_MODELS[m])]] as const,
);
const words = codeModels.flatMap((m) =>
  codeModels.map(
    (n) =>
      [
        `threads, TLS and pointers, ${m} with ${n}`,
        () => [
          shop.compile('words.c', WORDS_C, CODE_MODELS[m]),
          shop.compile('tls.c', TLS_C, CODE_MODELS[n]),
        ],
      ] as const,
  ),
);
const cxx = codeModels.map(
  (m) => [`C++, ${m}`, () => [shop.compile('cxx.cc', CXX_CC, CODE_MODELS[m])]] as const,
);

/** Code models that few use: 64-bit words in code and GOT offsets, .ldata and .lbss. */
const rare = [
  ['-mcmodel=large'],
  ['-mcmodel=large', '-fPIC'],
  ['-mcmodel=medium', '-mlarge-data-threshold=16'],
  ['-mcmodel=medium', '-mlarge-data-threshold=16', '-fPIC'],
].map(
  (flags) =>
    [
      `hello and variables, ${flags.join(' ')}`,
      () => [
        shop.compile('hello.c', HELLO_C, flags),
        shop.compile(
          'data.c',
          'int a[99], *b = a, c[44] = {1}; int *f(int i) { return i ? a : &c[i]; }',
          flags,
        ),
      ],
    ] as const,
);

describe('boot relocations', () => {
  it.each([...hello, ...words, ...cxx, ...rare])(
    'move %s to where ld would have put it',
    async (_, objects) => {
      const inputs = objects();
      const moved = relocate(await shop.link(inputs, BASE), MOVED - BASE);
      expect(differences(moved, (await shop.link(inputs, MOVED)).elf)).toEqual([]);
    },
  );

  it.each([
    ['words', () => [shop.compile('words.c', WORDS_C), shop.compile('tls.c', TLS_C)], '42 5 0.841 a 1\nb\n'],
    ['C++', () => [shop.compile('cxx.cc', CXX_CC)], 'thrown tls\n20\n'],
  ] as const)('%s: the same layout runs in ring 3 at a user address', async (name, objects, output) => {
    const { elf } = await shop.link(objects(), USER, 'native');
    const program = shop.path(`${name}.user`);
    writeFileSync(program, elf);
    chmodSync(program, 0o755);
    expect(execFileSync(program, { encoding: 'utf8' })).toBe(output);
  });
});
