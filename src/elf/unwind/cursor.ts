import { UklError, elfErrors, type Place } from '../../errors/index.js';
import { viewOf } from '../bytes.js';

/** Reads an unwind table from one end to the other: fixed-size and LEB128 numbers, little-endian. What is cut short throws UKL1027. */
export class Cursor {
  /** Offset of the next byte. */
  offset: number;
  readonly end: number;
  readonly place: Place;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  /** Reads bytes `offset` to `end`; `place` says whose they are. Throws UKL1027 when they are not all there. */
  constructor(bytes: Uint8Array, place: Place, offset = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.place = place;
    this.offset = offset;
    this.end = end;
    if (end > bytes.length) throw this.refuse('it is cut short');
  }

  get atEnd(): boolean {
    return this.offset >= this.end;
  }

  u8(): number {
    return this.#view.getUint8(this.skip(1));
  }
  u16(): number {
    return this.#view.getUint16(this.skip(2), true);
  }
  u32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }
  i32(): number {
    return this.#view.getInt32(this.skip(4), true);
  }
  u64(): bigint {
    return this.#view.getBigUint64(this.skip(8), true);
  }

  /** An unsigned LEB128 number; UKL1027 above 2^53-1, which no table needs. */
  uleb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw this.refuse('a number is too large');
      if (byte < 0x80) return value;
    }
  }

  /** Steps over an LEB128 number of either kind. */
  skipLeb(): void {
    while (this.u8() >= 0x80);
  }

  /** A string that ends with a zero byte, as ISO 8859-1. */
  string(): string {
    let text = '';
    for (let byte = this.u8(); byte !== 0; byte = this.u8()) text += String.fromCharCode(byte);
    return text;
  }

  bytes(count: number): Uint8Array {
    const start = this.skip(count);
    return this.#bytes.subarray(start, start + count);
  }

  /** Steps over `count` bytes; returns the offset of the first. */
  skip(count: number): number {
    const start = this.offset;
    if (start + count > this.end) throw this.refuse('it is cut short');
    this.offset = start + count;
    return start;
  }

  refuse(why: string): UklError {
    return new UklError(elfErrors.badUnwindTable({ ...this.place, offset: this.offset }, why));
  }
}
