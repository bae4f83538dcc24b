import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootRelocsSize, readBootRelocs, writeBootRelocs } from '../../../src/image/relocs.js';

const entry = fc.integer({ min: 1, max: 0xffff_ffff });
const table = fc.record({
  relocs64: fc.array(entry),
  relocs32Inverse: fc.array(entry),
  relocs32: fc.array(entry),
});

/** The walk of handle_relocations() (arch/x86/boot/compressed/misc.c), as it stands there: what it would do to which address. */
function walk(image: Buffer): string[] {
  const done: string[] = [];
  let reloc = image.length - 4;
  for (; image.readInt32LE(reloc) !== 0; reloc -= 4) done.push(`32+ ${image.readUInt32LE(reloc)}`);
  while (image.readInt32LE((reloc -= 4)) !== 0) done.push(`32- ${image.readUInt32LE(reloc)}`);
  for (reloc -= 4; image.readInt32LE(reloc) !== 0; reloc -= 4) done.push(`64+ ${image.readUInt32LE(reloc)}`);
  return done.sort();
}

describe('boot relocations', () => {
  it('are merged so that the boot stub applies each once, in its own way', () => {
    fc.assert(
      fc.property(table, table, fc.uint8Array({ maxLength: 40 }), (kernel, program, before) => {
        // A zero in front, as the payload may well end with one: it must not be taken for a part of the table.
        const start = Math.ceil(before.length / 4) * 4;
        const image = Buffer.alloc(start + bootRelocsSize(kernel, program));
        image.set(before);
        writeBootRelocs(new Uint8Array(image.buffer, image.byteOffset + start, image.length - start), [
          kernel,
          program,
        ]);
        const expected = [kernel, program].flatMap(({ relocs64, relocs32Inverse, relocs32 }) => [
          ...relocs64.map((address) => `64+ ${address}`),
          ...relocs32Inverse.map((address) => `32- ${address}`),
          ...relocs32.map((address) => `32+ ${address}`),
        ]);
        expect(walk(image)).toEqual(expected.sort());
        expect(image.subarray(0, before.length).equals(before)).toBe(true);
      }),
    );
  });

  it('are read back as they were written, at any alignment', () => {
    fc.assert(
      fc.property(table, fc.integer({ min: 0, max: 7 }), (lists, front) => {
        const aligned = new Uint8Array(bootRelocsSize(lists));
        writeBootRelocs(aligned, [lists]);
        const image = Buffer.concat([Buffer.alloc(front, 0xee), aligned]);
        const { relocs, start } = readBootRelocs(image);
        expect(start).toBe(front);
        expect(Array.from(relocs.relocs64)).toEqual(lists.relocs64);
        expect(Array.from(relocs.relocs32Inverse)).toEqual(lists.relocs32Inverse);
        expect(Array.from(relocs.relocs32)).toEqual(lists.relocs32);
      }),
    );
  });

  it('without a beginning are an error', () => {
    for (const size of [0, 3, 4, 8, 400]) {
      const words = Buffer.alloc(size, 1);
      expect(() => readBootRelocs(words)).toThrow('no beginning');
      words.fill(0, 0, Math.min(4, size));
      expect(() => readBootRelocs(words)).toThrow('no beginning');
    }
  });
});
