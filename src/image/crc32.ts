import * as zlib from 'node:zlib';

const POLYNOMIAL = 0xedb88320;

const table = new Uint32Array(256).map((_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

/** CRC-32 (IEEE 802.3, reflected) in plain JavaScript; same contract as {@link crc32}. */
export function crc32Portable(data: Uint8Array, previous = 0): number {
  let crc = ~previous;
  for (let i = 0; i < data.length; i++) {
    // Both indices are in range: the loop's bound, and a byte.
    crc = table[(crc ^ data[i]!) & 0xff]! ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/**
 * CRC-32 (IEEE 802.3, reflected) of `data`.
 *
 * @param previous - the CRC of what came before, to continue it
 * @returns 0 … 2^32-1
 */
export const crc32: (data: Uint8Array, previous?: number) => number =
  // Node has it since 20.15 and 22.2.
  typeof zlib.crc32 === 'function' ? (data, previous = 0) => zlib.crc32(data, previous) : crc32Portable;
