import type { PayloadCodec } from './payload-codec.js';
import { HEADER_AREA } from './payload-layout.js';
import {
  readZstdFrame,
  ZSTD_BLOCK_MAX,
  ZSTD_WINDOW,
  zstdBlockHeader,
  zstdFrameHeader,
  type ZstdCodec,
} from './zstd.js';

/** For the kernel, once per kit: 22, as the kernel's own build has it, gives 0.2 % less in half as much time again. */
const KERNEL_LEVEL = 19;
/** For what a link brings. */
const TAIL_LEVEL = 3;

/** Bytes of the kernel's end that {@link FRESH_OFFSETS} gives: they must be zeros. */
export const ZSTD_KERNEL_ZEROS = 32;

/**
 * Two blocks of zeros behind which a block of any frame's beginning may stand. Blocks of one frame share three things: the
 * window, which nothing in a new frame looks back into; entropy tables, which its first blocks do not refer to; and
 * the last three match offsets, which they may, and which a frame starts with as 1, 4 and 8 (RFC 8878, 3.1.1.5).
 * Matches at these distances, the last first, set them so.
 */
const FRESH_OFFSETS = Uint8Array.of(
  // Compressed block of 8 bytes: 8 zeros (RLE literals), then 1 sequence of them and 8 bytes at distance 8.
  ...[0x44, 0, 0, (8 << 3) | 1, 0],
  // One symbol each (mode RLE) for the codes: 8 literals; offset code 3, which is 8 + 3 bits - 3; match code 5, which is 8.
  ...[1, 0b01_01_01_00, 8, 3, 5],
  // Bits are read from the end behind a 1: 011 of 8 + 3.
  0b1_011,
  // Compressed block of 7 bytes: no literals, 2 sequences of 8 bytes each with offset code 2, 4 + 2 bits - 3.
  ...[0x3c, 0, 0, 0],
  ...[2, 0b01_01_01_00, 0, 2, 5],
  // 11 of 4 + 3, then 00 of 1 + 3.
  0b1_11_00,
);

/** The blocks of a frame that holds `data`, none of them marked as the last one. */
function blocksOf(zstd: ZstdCodec, data: Uint8Array, level: number): Uint8Array {
  const { windowSize, blocks } = readZstdFrame(zstd.compress(data, level));
  if (Math.min(windowSize, data.length) > ZSTD_WINDOW)
    throw new RangeError(`zstd frame needs a window of ${windowSize} bytes`);
  const chain = Buffer.concat(blocks);
  const last = chain.length - blocks.at(-1)!.length;
  chain[last]! &= ~1;
  return chain;
}

/** The kernel for a kit: blocks that others can precede, if these are raw or RLE, and follow. */
export function zstdKernel(zstd: ZstdCodec, kernel: Uint8Array): Uint8Array {
  const end = kernel.length - ZSTD_KERNEL_ZEROS;
  if (kernel.subarray(end).some((byte) => byte !== 0)) throw new RangeError('the kernel ends without zeros');
  return Buffer.concat([blocksOf(zstd, kernel.subarray(0, end), KERNEL_LEVEL), FRESH_OFFSETS]);
}

/** Zstandard: one frame, which is all that the boot stub takes. */
export function zstdCodec(zstd: ZstdCodec): PayloadCodec {
  return {
    compress: ({ header, kernel, tail, size }) => [
      zstdFrameHeader(size),
      zstdBlockHeader('raw', header.length),
      header,
      zstdBlockHeader('rle', HEADER_AREA - header.length),
      Uint8Array.of(0),
      kernel,
      blocksOf(zstd, tail, TAIL_LEVEL),
      zstdBlockHeader('raw', 0, true),
    ],
    decompress: (stream, size) => {
      const frame = readZstdFrame(stream);
      if (frame.contentSize !== undefined && frame.contentSize !== size)
        throw new Error(`zstd frame gives ${frame.contentSize} bytes instead of ${size}`);
      // Checked before anything of this size is reserved.
      if (size > frame.blocks.length * ZSTD_BLOCK_MAX)
        throw new Error(`zstd frame of ${frame.blocks.length} blocks cannot give ${size} bytes`);
      return zstd.decompress(stream.subarray(0, frame.size), size);
    },
  };
}
