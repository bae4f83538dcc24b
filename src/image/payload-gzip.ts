import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { crc32 } from './crc32.js';
import type { PayloadCodec } from './payload-codec.js';
import { HEADER_AREA } from './payload-layout.js';

/** RFC 1952: magic, CM deflate, no flags, no MTIME, no XFL, OS unknown: nothing of the host. */
const GZIP_HEADER = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/** FLG: a file name follows the header, up to a NUL. */
const FNAME = 8;

/** Level for what a link compresses: the default, 6, takes twice the time for 4 % less. */
const TAIL_LEVEL = 1;

const CRC_WORDS = 1 + 32;

/**
 * The kernel for a kit: what {@link crcBehind} needs, then deflate blocks that end on a byte boundary and refer to
 * nothing in front of them, so that others can precede and follow (RFC 1951, 3.2.3).
 */
export function gzipKernel(kernel: Uint8Array): Uint8Array {
  const blocks = deflateRawSync(kernel, {
    level: 9,
    finishFlush: constants.Z_SYNC_FLUSH,
    chunkSize: 1 << 20,
  });
  const out = new Uint8Array(CRC_WORDS * 4 + blocks.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, crc32(kernel, 0), true);
  for (let bit = 0; bit < 32; bit++) view.setUint32(4 + bit * 4, crc32(kernel, (1 << bit) >>> 0), true);
  out.set(blocks, CRC_WORDS * 4);
  return out;
}

/**
 * The CRC-32 of some data and the kernel behind it, without the kernel's bytes. A CRC is affine over GF(2) in the one it
 * continues: 33 results, for none and for each bit, tell all.
 *
 * @param before - the CRC of the data
 */
function crcBehind(kernel: Uint8Array, before: number): number {
  const view = new DataView(kernel.buffer, kernel.byteOffset, CRC_WORDS * 4);
  const ofNone = view.getUint32(0, true);
  let crc = ofNone;
  for (let bit = 0; bit < 32; bit++)
    if (((before >>> bit) & 1) === 1) crc ^= view.getUint32(4 + bit * 4, true) ^ ofNone;
  return crc >>> 0;
}

/** Where the deflate stream starts, as __gunzip() (lib/decompress_inflate.c) finds it. */
function deflateStart(stream: Uint8Array): number {
  if (stream.length < GZIP_HEADER.length || stream[0] !== 0x1f || stream[1] !== 0x8b || stream[2] !== 8)
    throw new Error('no gzip stream');
  if ((stream[3]! & FNAME) === 0) return GZIP_HEADER.length;
  const end = stream.indexOf(0, GZIP_HEADER.length);
  if (end < 0) throw new Error('gzip stream is cut short');
  return end + 1;
}

/** gzip: a file of its own, trailer included. */
export const gzipCodec: PayloadCodec = {
  compress: ({ header, kernel, tail, size }) => {
    const area = new Uint8Array(HEADER_AREA);
    area.set(header);
    const trailer = new Uint8Array(8);
    const view = new DataView(trailer.buffer);
    view.setUint32(0, crc32(tail, crcBehind(kernel, crc32(area))), true);
    view.setUint32(4, size, true);
    return [
      Uint8Array.from(GZIP_HEADER),
      deflateRawSync(area, { finishFlush: constants.Z_SYNC_FLUSH }),
      kernel.subarray(CRC_WORDS * 4),
      deflateRawSync(tail, { level: TAIL_LEVEL, chunkSize: 1 << 18 }),
      trailer,
    ];
  },
  decompress: (stream, size) => {
    const data = inflateRawSync(stream.subarray(deflateStart(stream)), { maxOutputLength: size });
    if (data.length !== size) throw new Error(`gzip stream gives ${data.length} bytes instead of ${size}`);
    return data;
  },
};
