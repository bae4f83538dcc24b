import { SECTION_HEADER_SIZE } from '../constants.js';
import { u64AsNumber, viewOf } from '../bytes.js';
import type { ElfFile } from '../elf-file.js';

/** The section headers of a file being edited: the file's own until the first change, then a private copy with room for new ones. */
export class HeaderTable {
  count: number;
  /** The private copy, undefined until a header changes. */
  #copy: Uint8Array | undefined;
  #view: DataView;
  /** Where header 0 is in the view. */
  #base: number;

  constructor(elf: ElfFile) {
    this.count = elf.header.shnum;
    this.#view = elf.view;
    this.#base = elf.header.shoff;
  }

  get isChanged(): boolean {
    return this.#copy !== undefined;
  }

  /** The changed headers; undefined when they are as they were. */
  get changed(): Uint8Array | undefined {
    return this.#copy?.subarray(0, this.count * SECTION_HEADER_SIZE);
  }

  /** A field of 32 bits: `offset` is its place in Elf64_Shdr. */
  get32(index: number, offset: number): number {
    return this.#view.getUint32(this.#base + index * SECTION_HEADER_SIZE + offset, true);
  }

  /** A field of 64 bits as a number (see `u64AsNumber`). */
  get64(index: number, offset: number): number {
    return u64AsNumber(this.#view, this.#base + index * SECTION_HEADER_SIZE + offset);
  }

  getBig(index: number, offset: number): bigint {
    return this.#view.getBigUint64(this.#base + index * SECTION_HEADER_SIZE + offset, true);
  }

  /** The private copy, to write to; header `index` is at `index * SECTION_HEADER_SIZE`. */
  get writable(): DataView {
    if (this.#copy === undefined) this.#grow(this.count);
    return this.#view;
  }

  /** Index of the first section of a type (SHT), 0 when there is none. */
  firstOfType(type: number): number {
    for (let i = 1; i < this.count; i++) if (this.get32(i, 4) === type) return i;
    return 0;
  }

  /** Adds a header of zeros and returns its index. */
  add(): number {
    if (this.#copy === undefined || this.#copy.length < (this.count + 1) * SECTION_HEADER_SIZE) {
      this.#grow(Math.max(this.count * 2, this.count + 4));
    }
    return this.count++;
  }

  #grow(capacity: number): void {
    const { buffer, byteOffset } = this.#view;
    const old = new Uint8Array(buffer, byteOffset + this.#base, this.count * SECTION_HEADER_SIZE);
    this.#copy = new Uint8Array(capacity * SECTION_HEADER_SIZE);
    this.#copy.set(old);
    this.#view = viewOf(this.#copy);
    this.#base = 0;
  }
}
