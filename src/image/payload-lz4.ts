import {
  decodeLegacyStream,
  encodeLegacyBlocks,
  encodeZeroPadded,
  legacyBlock,
  legacyMagic,
  splitLegacyBlocks,
  type Lz4BlockCodec,
} from './lz4.js';
import type { PayloadCodec } from './payload-codec.js';
import { HEADER_AREA } from './payload-layout.js';

/**
 * The kernel as a kit keeps it for LZ4: blocks with their lengths. The first is the rest of the payload's first block behind
 * the header area.
 */
export function splitKernel(kernel: Uint8Array): { first: Uint8Array; further: Uint8Array[] } {
  const [first, ...further] = splitLegacyBlocks(kernel);
  if (first === undefined) throw new RangeError('the kernel has no blocks');
  return { first, further };
}

/** LZ4: the header's sequence goes in front of the first block that the kit keeps. */
export function lz4Codec(lz4: Lz4BlockCodec): PayloadCodec {
  return {
    compress: ({ header, kernel, tail }) => {
      const { first, further } = splitKernel(kernel);
      return [
        legacyMagic(),
        ...legacyBlock(encodeZeroPadded(header, HEADER_AREA), first),
        ...further.flatMap((block) => legacyBlock(block)),
        ...encodeLegacyBlocks(tail, lz4),
      ];
    },
    decompress: (stream, size) => decodeLegacyStream(stream, size, lz4),
  };
}
