import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  loadZstd,
  readZstdFrame,
  ZSTD_WINDOW,
  zstdBlockHeader,
  zstdFrameHeader,
} from '../../../src/image/zstd.js';
import { noise, wordy } from '../../support/image/sample.js';

const zstd = await loadZstd();
const tool = (input: Buffer, ...options: string[]): Buffer =>
  execFileSync('zstd', ['-q', '-c', ...options, '-'], { input, maxBuffer: 1 << 28 });

const samples = [
  Buffer.alloc(0),
  wordy(100),
  wordy(1000),
  wordy(70_000),
  noise(300_000),
  Buffer.alloc(2 << 20),
];

describe('zstd frames', () => {
  it('of the tool are taken apart: every option that changes the header, every kind of block', () => {
    for (const data of samples)
      for (const options of [
        ['-3'],
        ['-19', '--no-check'],
        ['--ultra', '-22'],
        [`--stream-size=${data.length}`],
      ]) {
        const frame = tool(data, ...options);
        const { size, blocks, contentSize, windowSize } = readZstdFrame(
          Buffer.concat([frame, Buffer.alloc(9)]),
        );
        expect(size).toBe(frame.length);
        // From a pipe the tool knows the size of little data, or if it is told.
        if (options[0]!.startsWith('--stream')) expect(contentSize).toBe(data.length);
        else expect([undefined, data.length]).toContain(contentSize);
        expect(windowSize).toBeGreaterThanOrEqual(Math.min(data.length, ZSTD_WINDOW));
        expect(blocks.length).toBeGreaterThanOrEqual(Math.max(1, Math.ceil(data.length / (128 << 10))));
        expect(Buffer.from(zstd.decompress(frame, data.length)).equals(data)).toBe(true);
      }
  });

  it('of the library are what the tool unpacks', () => {
    for (const data of samples)
      for (const level of [1, 3, 19]) {
        const frame = Buffer.from(zstd.compress(data, level));
        expect(readZstdFrame(frame)).toMatchObject({ size: frame.length, contentSize: data.length });
        expect(tool(frame, '-d').equals(data)).toBe(true);
      }
  });

  it('can be made by hand of raw and RLE blocks', () => {
    const frame = Buffer.concat([
      zstdFrameHeader(70_005),
      zstdBlockHeader('raw', 5),
      Buffer.from('hello'),
      zstdBlockHeader('rle', 70_000),
      Buffer.from('x'),
      zstdBlockHeader('raw', 0, true),
    ]);
    expect(tool(frame, '-d').equals(Buffer.concat([Buffer.from('hello'), Buffer.alloc(70_000, 'x')]))).toBe(
      true,
    );
    expect(readZstdFrame(frame)).toMatchObject({
      windowSize: ZSTD_WINDOW,
      contentSize: 70_005,
      size: frame.length,
    });
  });

  it('that are damaged are an error, never a wrong result or a crash', () => {
    const data = wordy(20_000);
    const frame = tool(data, `--stream-size=${data.length}`);
    expect(() => readZstdFrame(Buffer.alloc(3))).toThrow('cut short');
    expect(() => readZstdFrame(Buffer.alloc(30))).toThrow('no zstd frame');
    expect(() => zstd.decompress(frame, 20_001)).toThrow('20000 bytes instead of 20001');
    fc.assert(
      fc.property(fc.nat(frame.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bad = Buffer.from(frame);
        bad[at]! ^= flip;
        try {
          const { size, contentSize = data.length } = readZstdFrame(bad);
          // A frame that describes itself as another one is no business of the decoder.
          if (contentSize !== data.length || size !== bad.length) return;
          // The checksum finds what the format does not.
          expect(Buffer.from(zstd.decompress(bad, data.length)).equals(data)).toBe(true);
        } catch (error) {
          expect(String(error)).toMatch(/zstd|Failed to compress with code/);
        }
      }),
      { numRuns: 500 },
    );
    // The library still works after all that.
    expect(Buffer.from(zstd.decompress(frame, data.length)).equals(data)).toBe(true);
  });
});
