import { UklError, elfErrors, type Place } from '../errors/index.js';

/** Where bytes came from: the part of a Place that every problem found in them shares. */
export type Origin = Pick<Place, 'file' | 'member'>;

/** A DataView over exactly these bytes, without copying them. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

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
