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
 * LZ4: the kit keeps blocks with their lengths, where the first is the rest of the payload's first block behind the header
 * area; a link puts the header's sequence in front of that one.
 */
export function lz4Codec(lz4: Lz4BlockCodec): PayloadCodec {
  return {
    compress: ({ header, kernel, tail }) => {
      const [first, ...further] = splitLegacyBlocks(kernel);
      if (first === undefined) throw new RangeError('the kernel has no blocks');
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
