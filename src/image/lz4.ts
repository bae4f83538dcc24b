import { BLOCK_SIZE } from './payload-layout.js';

/**
 * The legacy LZ4 stream of lib/decompress_unlz4.c: a magic number, then blocks that each carry their compressed
 * length (u32) and decompress to exactly 8 MiB, the last one to the rest. A length of 0 ends the stream, which is
 * what allows padding behind it. Block format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
export const LZ4_LEGACY_MAGIC = 0x184c2102;

/** Compresses and decompresses single LZ4 blocks. */
export interface Lz4BlockCodec {
  /** One LZ4 block, without any frame. */
  compress(data: Uint8Array): Uint8Array;
  /**
   * @param size - bytes the block must decompress to
   * @throws Error when the block is malformed or decompresses to another size
   */
  decompress(block: Uint8Array, size: number): Uint8Array;
}

let codec: Lz4BlockCodec | undefined;

/** Loads the LZ4 library (7 ms); later calls give the same one. */
export async function loadLz4(): Promise<Lz4BlockCodec> {
  if (codec !== undefined) return codec;
  const { default: wasm } = await import('lz4-wasm-nodejs');
  codec = {
    // The library puts the uncompressed size (u32) in front of a block.
    compress: (data) => wasm.compress(data).subarray(4),
    decompress: (block, size) => {
      const sized = new Uint8Array(4 + block.length);
      new DataView(sized.buffer).setUint32(0, size, true);
      sized.set(block, 4);
      let data: Uint8Array;
      try {
        data = wasm.decompress(sized);
      } catch (error) {
        // The library throws strings.
        throw new Error(`malformed LZ4 block: ${String(error)}`, { cause: error });
      }
      if (data.length !== size) throw new Error(`LZ4 block gives ${data.length} bytes instead of ${size}`);
      return data;
    },
  };
  return codec;
}

/** The first bytes of a legacy stream. */
export function legacyMagic(): Uint8Array {
  return u32(LZ4_LEGACY_MAGIC);
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** What follows the 4 bits of a length in the token: nothing if these suffice, else bytes of 255, then the rest. */
function moreLength(length: number): Uint8Array {
  if (length < 15) return new Uint8Array(0);
  const bytes = new Uint8Array(Math.floor((length - 15) / 255) + 1).fill(255);
  bytes[bytes.length - 1] = (length - 15) % 255;
  return bytes;
}

/** The token of a sequence; a match has at least 4 bytes, and 4 less are counted. */
const token = (literals: number, match: number): number =>
  (Math.min(literals, 15) << 4) | Math.min(match - 4, 15);

/** What stands in front of `size` literals that are a whole block. */
export function literalsHead(size: number): Uint8Array {
  return Buffer.concat([Uint8Array.of(token(size, 4)), moreLength(size)]);
}

/**
 * `data` followed by zeros up to `size` bytes, as one LZ4 sequence (literals, then a match that repeats the last
 * byte). It ends with a match, so the sequences of any block may follow it: the part of a block that a link
 * changes, put in front of one that was compressed with the kit.
 *
 * @param size - bytes after decompression, at least `data.length + 5`
 */
export function encodeZeroPadded(data: Uint8Array, size: number): Uint8Array {
  const literals = data.length + 1;
  const match = size - literals;
  if (match < 4) throw new RangeError('no room for the zeros that end the sequence');
  // The last literal, which the match repeats, and the distance to it.
  const zero = Uint8Array.of(0, 1, 0);
  return Buffer.concat([
    Uint8Array.of(token(literals, match)),
    moreLength(literals),
    data,
    zero,
    moreLength(match - 4),
  ]);
}

/** A block of a legacy stream: its length (u32), then its parts one after the other. */
export function legacyBlock(...parts: readonly Uint8Array[]): Uint8Array[] {
  return [u32(parts.reduce((sum, part) => sum + part.length, 0)), ...parts];
}

/** Compresses `data`, which starts at a block boundary of the payload, as blocks of a legacy stream. */
export function encodeLegacyBlocks(data: Uint8Array, lz4: Lz4BlockCodec): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += BLOCK_SIZE)
    out.push(...legacyBlock(lz4.compress(data.subarray(at, at + BLOCK_SIZE))));
  return out;
}

/**
 * The blocks of a legacy stream, still compressed.
 *
 * @param stream - magic number, blocks, and any padding of zeros
 * @throws Error when the stream is not one or is cut short
 */
export function splitLegacyStream(stream: Uint8Array): Uint8Array[] {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  if (stream.length < 4 || view.getUint32(0, true) !== LZ4_LEGACY_MAGIC)
    throw new Error('no legacy LZ4 stream');
  return splitLegacyBlocks(stream.subarray(4));
}

/** The same of what follows the magic number. */
export function splitLegacyBlocks(stream: Uint8Array): Uint8Array[] {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  const blocks: Uint8Array[] = [];
  let at = 0;
  while (at + 4 <= stream.length) {
    const length = view.getUint32(at, true);
    if (length === 0) break;
    if (at + 4 + length > stream.length) throw new Error('legacy LZ4 stream is cut short');
    blocks.push(stream.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return blocks;
}

/**
 * Decompresses a legacy stream as unlz4() does.
 *
 * @param size - bytes of the whole, `output_len`
 */
export function decodeLegacyStream(stream: Uint8Array, size: number, lz4: Lz4BlockCodec): Uint8Array {
  const blocks = splitLegacyStream(stream);
  // Checked before anything of this size is allocated: the size is the stream's own claim.
  if (blocks.length !== Math.ceil(size / BLOCK_SIZE))
    throw new Error(`legacy LZ4 stream has ${blocks.length} blocks, which is not what ${size} bytes take`);
  const out = new Uint8Array(size);
  for (const [index, block] of blocks.entries()) {
    const at = index * BLOCK_SIZE;
    const want = Math.min(BLOCK_SIZE, size - at);
    // No LZ4 sequence gives more than 255 bytes for one.
    if (want > block.length * 255) throw new Error('malformed LZ4 block: too short for what it must give');
    out.set(lz4.decompress(block, want), at);
  }
  return out;
}
