import { UklError, elfErrors, type Place } from '../../errors/index.js';
import { alignUp, isAlignment, setU64, viewOf } from '../bytes.js';
import { SECTION_HEADER_SIZE, SHF, SHT } from '../constants.js';
import type { ElfFile } from '../elf-file.js';
import type { HeaderTable } from './header-table.js';

/** What a section edit needs of the edit it belongs to. */
export interface SectionEditOwner {
  readonly elf: ElfFile;
  readonly headers: HeaderTable;
  /** Current name of a section, new ones included. */
  sectionName(index: number): string;
}

/** One section of a file being edited: header fields to read and set, contents to replace, patch or append to. */
export class SectionEdit {
  readonly index: number;
  readonly #owner: SectionEditOwner;
  /** Private contents with spare room behind `#size` bytes; undefined while they are the file's. */
  #buffer: Uint8Array | undefined;
  #view: DataView | undefined;

  constructor(owner: SectionEditOwner, index: number) {
    this.#owner = owner;
    this.index = index;
  }

  get name(): string {
    return this.#owner.sectionName(this.index);
  }
  get place(): Place {
    return { ...this.#owner.elf.origin, section: this.name };
  }

  get type(): number {
    return this.#owner.headers.get32(this.index, 4);
  }
  set type(value: number) {
    this.#write().setUint32(this.#at + 4, value, true);
  }

  /** The low 32 bits of sh_flags; the others stay as they are. */
  get flags(): number {
    return this.#owner.headers.get32(this.index, 8);
  }
  set flags(value: number) {
    this.#write().setUint32(this.#at + 8, value >>> 0, true);
  }

  get address(): bigint {
    return this.#owner.headers.getBig(this.index, 16);
  }
  set address(value: bigint) {
    this.#write().setBigUint64(this.#at + 16, value, true);
  }

  get link(): number {
    return this.#owner.headers.get32(this.index, 40);
  }
  set link(value: number) {
    this.#write().setUint32(this.#at + 40, value, true);
  }

  get info(): number {
    return this.#owner.headers.get32(this.index, 44);
  }
  set info(value: number) {
    this.#write().setUint32(this.#at + 44, value, true);
  }

  /** Alignment in bytes, 0 or a power of two; setting another throws UKL1016. */
  get align(): number {
    return this.#owner.headers.get64(this.index, 48);
  }
  set align(value: number) {
    if (!isAlignment(value)) throw new UklError(elfErrors.badAlignment(this.place, value));
    setU64(this.#write(), this.#at + 48, value);
  }

  get entrySize(): number {
    return this.#owner.headers.get64(this.index, 56);
  }
  set entrySize(value: number) {
    setU64(this.#write(), this.#at + 56, value);
  }

  /** Size in bytes, in memory for SHT_NOBITS. Set it through the contents, or here for SHT_NOBITS only (else UKL1042). */
  get size(): number {
    return this.#owner.headers.get64(this.index, 32);
  }
  set size(value: number) {
    if (this.type !== SHT.NOBITS) throw this.#refuse('its size follows from its contents');
    this.#setSize(value);
  }

  /** Whether the contents are no longer the file's own bytes. */
  get isReplaced(): boolean {
    return this.#buffer !== undefined;
  }

  /** The contents as they are now; not to be written to (see `writable`). */
  get contents(): Uint8Array {
    if (this.#buffer !== undefined) return this.#buffer.subarray(0, this.size);
    return this.#owner.elf.sections[this.index]?.contents ?? new Uint8Array(0);
  }

  /** The contents to patch in place: a private copy, made once. Invalid after the next `append` or `setContents`. */
  writable(): Uint8Array {
    if (this.#buffer === undefined) this.setContents(new Uint8Array(this.contents));
    return this.contents;
  }

  /** Like `writable`, as a view that reaches at least to the end of the contents. */
  writableView(): DataView {
    if (this.#buffer === undefined) this.writable();
    return (this.#view ??= viewOf(this.#buffer ?? new Uint8Array(0)));
  }

  /** Replaces the contents. The bytes are kept, not copied. UKL1042 for SHT_NOBITS, which has none. */
  setContents(bytes: Uint8Array): void {
    this.#requireContents();
    this.#buffer = bytes;
    this.#view = undefined;
    if (bytes.length !== this.size) this.#setSize(bytes.length);
  }

  /**
   * Appends bytes at the next offset that is a multiple of `align`, filling the gap with `fill`, and returns that offset.
   * Raises sh_addralign when it is smaller. UKL1042 for sections without contents and for compressed ones.
   */
  append(bytes: Uint8Array, align = 1, fill = 0): number {
    if (this.#isCompressed) throw this.#refuse('its contents are compressed');
    this.#requireContents();
    if (align > Math.max(1, this.align)) this.align = align;
    const old = this.contents;
    const start = alignUp(old.length, align);
    const end = start + bytes.length;
    if (this.#buffer === undefined || this.#buffer.length < end) {
      const grown = new Uint8Array(Math.max(end, old.length + (old.length >> 1)));
      grown.set(old);
      this.#buffer = grown;
      this.#view = undefined;
    }
    this.#buffer.fill(fill, old.length, start);
    this.#buffer.set(bytes, start);
    this.#setSize(end);
    return start;
  }

  get #at(): number {
    return this.index * SECTION_HEADER_SIZE;
  }

  #write(): DataView {
    return this.#owner.headers.writable;
  }

  /** Whether the file's contents are compressed, in either form; new contents are what the caller says they are. */
  get #isCompressed(): boolean {
    return (
      (this.flags & SHF.COMPRESSED) !== 0 || (this.#buffer === undefined && this.name.startsWith('.zdebug'))
    );
  }

  #requireContents(): void {
    if (this.type === SHT.NOBITS || this.type === SHT.NULL) throw this.#refuse('it has no contents');
  }

  #setSize(size: number): void {
    setU64(this.#write(), this.#at + 32, size);
  }

  #refuse(why: string): UklError {
    return new UklError(elfErrors.badEdit(this.place, why));
  }
}
