import { UklError, elfErrors } from '../../errors/index.js';

/** Builds a string table out of an old one: strings kept, prefixed or new. Equal requests share one string. */
export class StringTableBuilder {
  readonly #old: Uint8Array;
  #bytes: Uint8Array;
  #size: number;
  /** New offsets of kept and of prefixed old strings, by old offset. */
  readonly #kept = new Map<number, number>();
  readonly #prefixed = new Map<number, number>();
  readonly #added = new Map<string, number>();

  /** `keepFirst` bytes of the old table stay where they are; 0 starts with the empty string alone. */
  constructor(old: Uint8Array, keepFirst: number) {
    this.#old = old;
    this.#bytes = new Uint8Array(Math.max(64, keepFirst + (old.length >> 1), old.length * 2));
    this.#bytes.set(old.subarray(0, keepFirst));
    this.#size = Math.max(1, keepFirst);
    if (keepFirst > 0 && old[keepFirst - 1] !== 0) this.#size++;
  }

  /** Offset of a new string. */
  add(name: string): number {
    if (name === '') return 0;
    const known = this.#added.get(name);
    if (known !== undefined) return known;
    const start = this.#size;
    const text = Buffer.from(name, 'utf8');
    this.#reserve(text.length + 1);
    this.#bytes.set(text, start);
    this.#size = start + text.length + 1;
    this.#added.set(name, start);
    return start;
  }

  /** Offset of the string at `offset` of the old table, in the new one. */
  keep(offset: number): number {
    const known = this.#kept.get(offset);
    if (known !== undefined) return known;
    const start = this.#size;
    this.#copy(offset);
    this.#kept.set(offset, start);
    return start;
  }

  /** Offset of `prefix` followed by the string at `offset` of the old table. All calls must pass the same prefix. */
  addPrefixed(prefix: Uint8Array, offset: number): number {
    const known = this.#prefixed.get(offset);
    if (known !== undefined) return known;
    const start = this.#size;
    this.#reserve(prefix.length);
    // A loop, because names are short: `set` costs more than the bytes do.
    for (let i = 0; i < prefix.length; i++) this.#bytes[this.#size++] = prefix[i] ?? 0;
    this.#copy(offset);
    this.#prefixed.set(offset, start);
    return start;
  }

  /** The table. The builder must not be used afterwards. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  #copy(offset: number): void {
    const old = this.#old;
    for (let at = offset; at < old.length; at++) {
      if (this.#size === this.#bytes.length) this.#reserve(1);
      const byte = old[at] ?? 0;
      this.#bytes[this.#size++] = byte;
      if (byte === 0) return;
    }
    throw new UklError(elfErrors.badStringOffset({ section: '.strtab' }, offset, old.length));
  }

  #reserve(count: number): void {
    if (this.#size + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#size + count, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
