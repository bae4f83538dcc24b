import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeLegacyStream,
  encodeLegacyBlocks,
  encodeZeroPadded,
  legacyBlock,
  loadLz4,
  LZ4_LEGACY_MAGIC,
  splitLegacyStream,
} from '../../../src/image/lz4.js';
import { BLOCK_SIZE } from '../../../src/image/payload-layout.js';
import { noise, wordy } from '../../support/image/sample.js';

const lz4 = await loadLz4();
const magic = Buffer.alloc(4);
magic.writeUInt32LE(LZ4_LEGACY_MAGIC);
const stream = (...pieces: Uint8Array[]): Buffer => Buffer.concat([magic, ...pieces]);

/** The independent judge: the lz4 tool, which knows the legacy format. */
const tool = (input: Buffer): Buffer => execFileSync('lz4', ['-d', '-c', '-'], { input, maxBuffer: 1 << 28 });

describe('legacy LZ4 streams', () => {
  it('are what the lz4 tool unpacks, over several blocks and for incompressible data', () => {
    for (const data of [wordy(1), wordy(100_000), wordy(BLOCK_SIZE), wordy(BLOCK_SIZE + 1), noise(200_000)]) {
      const made = stream(...encodeLegacyBlocks(data, lz4));
      expect(tool(made).equals(data)).toBe(true);
      expect(Buffer.from(decodeLegacyStream(made, data.length, lz4)).equals(data)).toBe(true);
    }
  });

  it('end at the padding', () => {
    const made = stream(...encodeLegacyBlocks(wordy(1000), lz4), Buffer.alloc(777));
    expect(splitLegacyStream(made)).toHaveLength(1);
    expect(Buffer.from(decodeLegacyStream(made, 1000, lz4)).equals(wordy(1000))).toBe(true);
  });

  it('take a block made of two parts, the first of them with zeros at its end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.integer({ min: 5, max: 70_000 }), (header, zeros) => {
        const size = header.length + zeros;
        const rest = wordy(5000);
        const made = stream(...legacyBlock(encodeZeroPadded(header, size), lz4.compress(rest)));
        const want = Buffer.concat([header, Buffer.alloc(zeros), rest]);
        expect(Buffer.from(decodeLegacyStream(made, want.length, lz4)).equals(want)).toBe(true);
      }),
    );
    const header = wordy(3000);
    const made = stream(...legacyBlock(encodeZeroPadded(header, 65536), lz4.compress(wordy(5000))));
    expect(tool(made).equals(Buffer.concat([header, Buffer.alloc(65536 - 3000), wordy(5000)]))).toBe(true);
    expect(() => encodeZeroPadded(header, header.length + 4)).toThrow(RangeError);
  });

  it('that are damaged are an error, never a wrong result, a crash or a large allocation', () => {
    const data = wordy(20_000);
    const made = stream(...encodeLegacyBlocks(data, lz4));
    const decode = (bytes: Uint8Array, size: number) => decodeLegacyStream(bytes, size, lz4);
    expect(() => decode(made.subarray(0, 3), 20_000)).toThrow('no legacy LZ4 stream');
    expect(() => decode(made.subarray(0, 5000), 20_000)).toThrow('cut short');
    expect(() => decode(made, 20_001)).toThrow();
    expect(() => decode(made, 19_999)).toThrow();
    expect(() => decode(made, BLOCK_SIZE + 1)).toThrow('1 blocks');
    expect(() => decode(made, 2 ** 30)).toThrow('1 blocks');
    expect(() => decode(stream(Buffer.from([1, 0, 0, 0, 0])), BLOCK_SIZE)).toThrow('too short');
    fc.assert(
      fc.property(fc.nat(made.length - 9), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bad = Buffer.from(made);
        bad[8 + at]! ^= flip;
        try {
          expect(decode(bad, 20_000)).toHaveLength(20_000);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 500 },
    );
    // The library still works after all that.
    expect(Buffer.from(decode(made, 20_000)).equals(data)).toBe(true);
  });
});
