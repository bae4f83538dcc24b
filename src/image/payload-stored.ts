import { legacyBlock, legacyMagic, literalsHead, type Lz4BlockCodec } from './lz4.js';
import type { PayloadCodec } from './payload-codec.js';
import { lz4Codec, splitKernel } from './payload-lz4.js';
import { BLOCK_SIZE, HEADER_AREA } from './payload-layout.js';

/** A block of a legacy stream that is its own content, in parts: one sequence of literals, 0.4 % more than they. */
function storedBlock(...parts: readonly Uint8Array[]): Uint8Array[] {
  return legacyBlock(literalsHead(parts.reduce((sum, part) => sum + part.length, 0)), ...parts);
}

/** No compression: LZ4 blocks of literals only, made of the kernel as the kit keeps it for LZ4. */
export function storedCodec(lz4: Lz4BlockCodec): PayloadCodec {
  return {
    ...lz4Codec(lz4),
    compress: ({ header, kernel, tail }) => {
      const { first, further } = splitKernel(kernel);
      const pieces = [
        legacyMagic(),
        ...storedBlock(
          header,
          new Uint8Array(HEADER_AREA - header.length),
          lz4.decompress(first, BLOCK_SIZE - HEADER_AREA),
        ),
        ...further.flatMap((block) => storedBlock(lz4.decompress(block, BLOCK_SIZE))),
      ];
      for (let at = 0; at < tail.length; at += BLOCK_SIZE)
        pieces.push(...storedBlock(tail.subarray(at, at + BLOCK_SIZE)));
      return pieces;
    },
  };
}
