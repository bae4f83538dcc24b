import { UklError, elfErrors, type Place } from '../../errors/index.js';

/**
 * Memory that builders share one after the other; each takes it away while it works. Members of an archive are many and small, and new
 * memory for each would cost more than the work.
 */
let spare: Uint8Array | undefined;

/**
 * Builds a string table out of an old one: strings kept, prefixed or new. Equal requests share one string. The old table lies at
 * the start of the working memory, so that strings are moved within it by one call each.
 */
export class StringTableBuilder {
  readonly #oldSize: number;
  readonly #located: { readonly place: Place };
  #memory: Uint8Array;
  /** End of the new table, which begins at `#oldSize`. */
  #end: number;
  /** New offsets of old strings: by twice the old offset when kept, by one more when prefixed. */
  readonly #moved = new Map<number, number>();
  #added: Map<string, number> | undefined;

  /** `keepAll` starts with the old table as it is; else the new one has the empty string alone. */
  constructor(old: Uint8Array, keepAll: boolean, located: { readonly place: Place }) {
    this.#oldSize = old.length;
    this.#located = located;
    const needed = old.length * 4 + 256;
    this.#memory =
      spare !== undefined && spare.length >= needed ? spare : new Uint8Array(Math.max(needed, 1 << 16));
    spare = undefined;
    this.#memory.set(old);
    this.#end = old.length;
    if (keepAll) {
      this.#memory.copyWithin(old.length, 0, old.length);
      this.#end += old.length;
    }
    if (this.#end === this.#oldSize || this.#memory[this.#end - 1] !== 0) this.#memory[this.#end++] = 0;
  }

  /** Offset of a new string. */
  add(name: string): number {
    if (name === '') return 0;
    const known = this.#added?.get(name);
    if (known !== undefined) return known;
    const text = Buffer.from(`${name}\0`, 'utf8');
    const start = this.#append(text);
    (this.#added ??= new Map()).set(name, start);
    return start;
  }

  /** Offset of the string at `offset` of the old table, in the new one. Throws UKL1010 when there is none. */
  keep(offset: number): number {
    const known = this.#moved.get(offset * 2);
    if (known !== undefined) return known;
    const start = this.#end - this.#oldSize;
    this.#copy(offset);
    this.#moved.set(offset * 2, start);
    return start;
  }

  /** Offset of `prefix` followed by the string at `offset` of the old table. All calls must pass the same prefix. */
  addPrefixed(prefix: Uint8Array, offset: number): number {
    const known = this.#moved.get(offset * 2 + 1);
    if (known !== undefined) return known;
    const start = this.#append(prefix);
    this.#copy(offset);
    this.#moved.set(offset * 2 + 1, start);
    return start;
  }

  /** The table. The builder must not be used afterwards. */
  finish(): Uint8Array {
    const table = this.#memory.slice(this.#oldSize, this.#end);
    spare = this.#memory;
    return table;
  }

  #append(bytes: Uint8Array): number {
    this.#reserve(bytes.length);
    const start = this.#end;
    this.#memory.set(bytes, start);
    this.#end += bytes.length;
    return start - this.#oldSize;
  }

  #copy(offset: number): void {
    const nul = offset < this.#oldSize ? this.#memory.indexOf(0, offset) : -1;
    if (nul < 0 || nul >= this.#oldSize) {
      throw new UklError(elfErrors.badStringOffset(this.#located.place, offset, this.#oldSize));
    }
    this.#reserve(nul + 1 - offset);
    this.#memory.copyWithin(this.#end, offset, nul + 1);
    this.#end += nul + 1 - offset;
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#memory.length) return;
    const grown = new Uint8Array(Math.max(this.#end + count, this.#memory.length * 2));
    grown.set(this.#memory);
    this.#memory = grown;
  }
}
