import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UklError } from '../../../src/errors/index.js';
import { packImage, readImage } from '../../../src/image/index.js';
import { readSetupHeader } from '../../../src/image/setup-header.js';
import { syntheticParts, TEXT_VADDR } from '../../support/image/synthetic-kit.js';
import { syntheticProgram } from '../../support/image/synthetic-program.js';

const MIB = 1 << 20;
const parts = await syntheticParts({
  segments: [{ offset: 0, data: Buffer.alloc(5000, 'kernel') }],
  slotOffset: 2 * MIB,
  slotSize: 2 * MIB,
  size: 5 * MIB,
  relocs: { relocs64: [Number(BigInt.asUintN(32, TEXT_VADDR))], relocs32Inverse: [], relocs32: [] },
  cmdlineOffset: 64,
});
const program = syntheticProgram(parts.slot, [{ offset: 0, data: Buffer.alloc(9000, 'program '), bss: 77 }]);
const image = Buffer.from(packImage(parts, { program, initramfs: Buffer.from('070701'), cmdline: 'quiet' }));

async function codesOf(bytes: Uint8Array): Promise<string[]> {
  try {
    await readImage(bytes, { file: 'image' });
  } catch (error) {
    if (error instanceof UklError) return error.diagnostics.map(({ code }) => code);
    throw error;
  }
  return [];
}

describe('readImage', () => {
  it('refuses what is no bzImage', async () => {
    expect(await codesOf(Buffer.alloc(0))).toEqual(['UKL3014']);
    expect(await codesOf(readFileSync('/bin/sh'))).toEqual(['UKL3014']);
    for (const size of [10, 0x267, 4096, image.length >> 1])
      expect(await codesOf(image.subarray(0, size)), `${size} bytes`).toEqual(['UKL3014']);
  });

  it('tells a damaged image from a whole one', async () => {
    const { payloadAt } = readSetupHeader(image);
    expect((await readImage(image)).crcGood).toBe(true);
    const bad = Buffer.from(image);
    bad[bad.length - 100]! ^= 1;
    expect((await readImage(bad)).crcGood).toBe(false);
    const broken = Buffer.from(image);
    broken.writeUInt32LE(0x7fff_ffff, payloadAt + 4);
    expect(await codesOf(broken)).toEqual(['UKL3015']);
  });

  it('says of an image of another make what it can', async () => {
    const other = Buffer.from(image);
    const { payloadAt } = readSetupHeader(image);
    for (const [magic, compression] of [
      ['1f8b0800', 'gzip'],
      ['28b52ffd', 'zstd'],
      ['fd377a585a', 'xz'],
      ['00112233', 'unknown'],
    ] as const) {
      other.write(magic, payloadAt, 'hex');
      expect(await readImage(other)).toMatchObject({ compression, setup: { protocol: 0x20f } });
      expect((await readImage(other)).ukl).toBeUndefined();
    }
  });

  it('survives any damage', async () => {
    const { payloadAt, payloadSize } = readSetupHeader(image);
    const place = fc.oneof(
      fc.integer({ min: 0x1f0, max: 0x26f }),
      // The compressed header area, then anywhere.
      fc.integer({ min: payloadAt, max: payloadAt + 600 }),
      fc.integer({ min: payloadAt, max: payloadAt + payloadSize - 1 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 3 }),
        async (changes) => {
          const bad = Buffer.from(image);
          for (const [at, value] of changes) bad[at] = value;
          for (const code of await codesOf(bad)) expect(code).toMatch(/^UKL(301[45]|10\d\d)$/);
        },
      ),
      { numRuns: 60 },
    );
  });
});
