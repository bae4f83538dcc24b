import { UklError, elfErrors, type Place } from '../errors/index.js';
import { bufferOf } from './bytes.js';

/** A string table: NUL-terminated strings found by their byte offset. Reads from the file's bytes, copies none. */
export class StringTable {
  readonly bytes: Uint8Array;
  readonly #buffer: Buffer;
  readonly #located: { readonly place: Place };

  /** `located` says where the table is, when that is asked for. */
  constructor(bytes: Uint8Array, located: { readonly place: Place }) {
    this.bytes = bytes;
    this.#buffer = bufferOf(bytes);
    this.#located = located;
  }

  /**
   * The string at a byte offset, decoded as UTF-8 (all names in practice are ASCII; `bytesAt` is exact for any).
   * Throws UKL1010 when the offset lies outside of the table or no NUL follows.
   */
  at(offset: number): string {
    if (offset === 0 && this.bytes.length === 0) return '';
    const base = this.bytes.byteOffset;
    // Without the name of an encoding Buffer takes its short way to UTF-8.
    return this.#buffer.toString(undefined, base + offset, base + this.endOf(offset));
  }

  /** The bytes of the string at a byte offset, without the NUL. Throws like `at`. */
  bytesAt(offset: number): Uint8Array {
    if (offset === 0 && this.bytes.length === 0) return this.bytes;
    return this.bytes.subarray(offset, this.endOf(offset));
  }

  /** Offset of the NUL that ends the string at `offset`. Throws like `at`. */
  endOf(offset: number): number {
    const end = offset < this.bytes.length ? this.bytes.indexOf(0, offset) : -1;
    if (end < 0)
      throw new UklError(elfErrors.badStringOffset(this.#located.place, offset, this.bytes.length));
    return end;
  }
}
