import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UklError } from '../../../src/errors/index.js';
import { wrapPayload } from '../../../src/image/boot-stub.js';
import { COMPRESSIONS, packImage, readImage } from '../../../src/image/index.js';
import { readSetupHeader } from '../../../src/image/setup-header.js';
import { smallKernel, syntheticParts } from '../../support/image/synthetic-kit.js';
import { syntheticProgram } from '../../support/image/synthetic-program.js';

const parts = await syntheticParts(smallKernel);
const program = syntheticProgram(parts.slot, [{ offset: 0, data: Buffer.alloc(9000, 'program '), bss: 77 }]);
const content = { program, initramfs: Buffer.from('070701'), cmdline: 'quiet' };
const image = Buffer.from(packImage(parts, content));

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

  const withPayload = (payload: Buffer, outputSize: number): Uint8Array => {
    const padded = Buffer.alloc(Math.ceil((payload.length + 4) / 4096) * 4096);
    payload.copy(padded);
    padded.writeUInt32LE(outputSize, padded.length - 4);
    return wrapPayload(parts.stub, parts.stubBytes, [padded], outputSize);
  };

  it('unpacks the kernel of another make, as the tools that the kernel is built with pack it', async () => {
    const vmlinux = readFileSync('/bin/sh');
    for (const [compression, ...command] of [
      ['lz4', 'lz4', '-l', '-9', '-', '-'],
      ['gzip', 'gzip', '-n', '-f', '-9'],
      ['zstd', 'zstd', '-q', '-22', '--ultra'],
    ] as const) {
      const [tool, ...options] = command;
      const payload = execFileSync(tool, options, { input: vmlinux });
      const info = await readImage(withPayload(payload, vmlinux.length));
      expect(info).toMatchObject({ compression, crcGood: true, setup: { protocol: 0x20f } });
      expect(info.ukl).toBeUndefined();
      expect(await codesOf(withPayload(payload, vmlinux.length + 1)), compression).toEqual(['UKL3015']);
      expect(await codesOf(withPayload(payload.subarray(0, -999), vmlinux.length))).toEqual(['UKL3015']);
    }
  });

  it('names what it cannot unpack', async () => {
    for (const [magic, compression] of [
      ['fd377a585a00', 'xz'],
      ['5d00000001', 'lzma'],
      ['425a6839', 'bzip2'],
      ['894c5a4f000d', 'lzo'],
      ['7f454c46', 'none'],
      ['00112233', 'unknown'],
    ] as const) {
      const info = await readImage(withPayload(Buffer.from(magic, 'hex'), 1));
      expect(info).toMatchObject({ compression, crcGood: true });
      expect(info.ukl).toBeUndefined();
    }
  });

  it.each(COMPRESSIONS)('survives any damage: %s', async (compression) => {
    const image = Buffer.from(packImage(await syntheticParts(smallKernel, compression), content));
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
      { numRuns: 30 },
    );
  });
});
