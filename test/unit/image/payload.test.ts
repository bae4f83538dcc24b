import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { algorithmOf, COMPRESSIONS } from '../../../src/image/compression.js';
import { packKernel } from '../../../src/image/pack-kernel.js';
import { loadCodec, type PayloadContent } from '../../../src/image/payload-codec.js';
import { BLOCK_SIZE, HEADER_AREA } from '../../../src/image/payload-layout.js';
import { noise, wordy } from '../../support/image/sample.js';

/** The independent judges: they know nothing of how the streams were made. */
const TOOLS = { lz4: 'lz4', none: 'lz4', zstd: 'zstd', gzip: 'gzip' } as const;

/** A payload up to the slot: text, noise, a match far back, and the zeros of .bss. */
const upToSlot = Buffer.alloc(2 * BLOCK_SIZE);
wordy(3_000_000).copy(upToSlot, HEADER_AREA);
noise(200_000).copy(upToSlot, BLOCK_SIZE - 100_000);
upToSlot.copy(upToSlot, BLOCK_SIZE + 2_000_000, BLOCK_SIZE - 50_000, BLOCK_SIZE);

/** Tails whose first matches are at each distance that a fresh zstd frame has at hand, and others. */
const tails: Readonly<Record<string, Buffer>> = {
  'one byte': Buffer.of(7),
  'period 1': Buffer.alloc(5000, 1),
  'period 4': Buffer.alloc(5000, 'abcd'),
  'period 8': Buffer.alloc(5000, 'abcdefgh'),
  text: wordy(300_000),
  noise: noise(300_000),
  'three blocks': Buffer.concat([wordy(BLOCK_SIZE), noise(BLOCK_SIZE), wordy(1000)]),
};

describe.each(COMPRESSIONS)('a payload compressed with %s', async (compression) => {
  const codec = await loadCodec(compression);
  const kernel = await packKernel(algorithmOf(compression), upToSlot);
  const make = (header: Uint8Array, tail: Uint8Array): { stream: Buffer; whole: Buffer } => {
    const whole = Buffer.concat([upToSlot, tail]);
    whole.set(header);
    const content: PayloadContent = { header, kernel, tail, size: whole.length };
    return { stream: Buffer.concat(codec.compress(content)), whole };
  };

  it.each(Object.keys(tails))('is what the tool unpacks: %s', (name) => {
    const { stream, whole } = make(Buffer.from('header'), tails[name]!);
    const input = { input: stream, maxBuffer: whole.length + 1 };
    expect(execFileSync(TOOLS[compression], ['-d', '-c', '-'], input).equals(whole)).toBe(true);
    expect(Buffer.from(codec.decompress(stream, whole.length)).equals(whole)).toBe(true);
  });

  it('is read back, whatever header and tail are, and whatever follows it', () => {
    const piece = fc.uint8Array({ minLength: 1, maxLength: 3000 });
    const repeated = fc
      .tuple(piece, fc.nat(40))
      .map(([one, times]) => Buffer.alloc(one.length * times + 1, one));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), repeated, (header, tail) => {
        const { stream, whole } = make(header, tail);
        const padded = Buffer.concat([stream, Buffer.alloc(1234)]);
        expect(Buffer.from(codec.decompress(padded, whole.length)).equals(whole)).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  it('is never larger than the boot stub allows for unpacking in place', () => {
    // header.S: 1/256 of the output and 128 KiB between what is written and what is read, at any point of the stream.
    const { stream, whole } = make(Buffer.from('header'), noise(BLOCK_SIZE));
    expect(stream.length - kernel.length).toBeLessThan(
      compression === 'none' ? whole.length * (1 + 1 / 256) : BLOCK_SIZE * (1 + 1 / 256) + 4096,
    );
  });

  it('that is cut short, or claims another size, is an error', () => {
    const { stream, whole } = make(Buffer.from('header'), tails['text']!);
    const decompress = (bytes: Uint8Array, size: number) => () => codec.decompress(bytes, size);
    for (const cut of [0, 3, 9, 11, 40, stream.length >> 1, stream.length - 20])
      expect(decompress(stream.subarray(0, cut), whole.length), `${cut} bytes`).toThrow();
    for (const size of [0, 1, whole.length - 1, whole.length + 1, 2 ** 30])
      expect(decompress(stream, size), `to ${size} bytes`).toThrow();
  });
});
