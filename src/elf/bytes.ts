import { UklError, elfErrors, type Place } from '../errors/index.js';

/** Where bytes came from: the part of a Place that every problem found in them shares. */
export type Origin = Pick<Place, 'file' | 'member'>;

/** A DataView over exactly these bytes, without copying them. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The 32-bit little-endian words of a table, for loops over all of it: read several times faster than through a DataView, before V8 has
 * compiled the loop. Copied only where they do not lie on a multiple of 4. A rest of less than a word is left out.
 */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  const count = Math.floor(bytes.byteLength / 4);
  if (bytes.byteOffset % 4 === 0 && LITTLE_ENDIAN)
    return new Uint32Array(bytes.buffer, bytes.byteOffset, count);
  const view = viewOf(bytes);
  const words = new Uint32Array(count);
  for (let i = 0; i < count; i++) words[i] = view.getUint32(4 * i, true);
  return words;
}

/** Whether this machine's own order of bytes is that of x86-64. */
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** The same bytes as a plain Uint8Array: `slice` of a Buffer is no copy, which has surprised many. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * An unsigned 64-bit value as a number. Exact up to 2^53-1; above that a nearby value, which is larger than any file and thus
 * fails the range check that every offset and size must go through.
 */
export function u64AsNumber(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 0x1_0000_0000;
}

/** Writes a non-negative safe integer as 64 bits. */
export function setU64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true);
  view.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
}

/** `size` bytes of `what` at `offset`; throws UKL1005 unless all of them are there. */
export function slice(
  bytes: Uint8Array,
  offset: number,
  size: number,
  what: string,
  place: Place,
): Uint8Array {
  requireRange(bytes.length, offset, size, what, place);
  return bytes.subarray(offset, offset + size);
}

/** Throws UKL1005 unless `offset` and the `size` bytes behind it lie within `have` bytes. */
export function requireRange(have: number, offset: number, size: number, what: string, place: Place): void {
  if (offset + size > have) {
    throw new UklError(elfErrors.truncated(place, what, offset, size, Math.max(0, have - offset)));
  }
}

/** `value` rounded up to a multiple of `align`, a power of two or 0 (which means 1). */
export function alignUp(value: number, align: number): number {
  if (align <= 1) return value;
  const rest = value % align;
  return rest === 0 ? value : value + align - rest;
}

/** True for 0, 1, 2, 4, …, 2^52. */
export function isAlignment(value: number): boolean {
  if (value < 0x4000_0000) return (value & (value - 1)) === 0;
  return Number.isSafeInteger(value) && Number.isInteger(Math.log2(value));
}

const buffers = new WeakMap<ArrayBufferLike, Buffer>();

/**
 * The whole memory that bytes lie in as a Buffer, which decodes strings faster than anything else: `bytes[i]` is its byte
 * `bytes.byteOffset + i`. Made once per memory: an archive has thousands of members, and a Buffer costs more than most names.
 */
export function bufferOf(bytes: Uint8Array): Buffer {
  let buffer = buffers.get(bytes.buffer);
  if (buffer === undefined) {
    buffer = Buffer.from(bytes.buffer);
    buffers.set(bytes.buffer, buffer);
  }
  return buffer;
}
