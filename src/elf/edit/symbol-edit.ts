import { UklError, elfErrors } from '../../errors/index.js';
import { setU64 } from '../bytes.js';
import { SHN, STB, STT, STV, SYMBOL_SIZE } from '../constants.js';
import type { SectionEdit } from './section-edit.js';

/** Where a symbol is defined: a section's index (0: nowhere, the symbol is undefined), or one of the reserved indexes. */
export type SymbolSection = number | 'absolute' | 'common';

/** A symbol to add. Only the name is needed: the default is an undefined global. */
export interface NewSymbol {
  readonly name: string;
  /** STB value, default STB_GLOBAL. */
  readonly binding?: number;
  /** STT value, default STT_NOTYPE. */
  readonly type?: number;
  /** STV value, default STV_DEFAULT. */
  readonly visibility?: number;
  readonly section?: SymbolSection;
  readonly value?: number | bigint;
  /** In bytes. */
  readonly size?: number;
}

/**
 * The symbols of a file being edited, by handle. The handle of an old symbol is its index in the file; new ones follow. Writing the
 * file puts local symbols before the others, as the format asks, and renumbers every reference; handles stay valid until then.
 */
export class SymbolEdit {
  readonly section: SectionEdit;
  /** Names given to symbols; written to the string table at the end. */
  readonly names = new Map<number, string>();
  /** Prefix of names, and the symbols that get it. */
  prefix: { readonly bytes: Uint8Array; readonly selects: (handle: number) => boolean } | undefined;
  /** Section indexes that do not fit st_shndx. */
  readonly extendedIndexes = new Map<number, number>();
  /** Whether a local symbol may now stand behind a global one. */
  orderChanged = false;

  constructor(section: SectionEdit) {
    this.section = section;
  }

  /** Number of symbols, new ones included. */
  get length(): number {
    return this.section.size / SYMBOL_SIZE;
  }

  /** Adds a symbol and returns its handle. */
  add(symbol: NewSymbol): number {
    const handle = this.length;
    const binding = symbol.binding ?? STB.GLOBAL;
    const entry = new Uint8Array(SYMBOL_SIZE);
    entry[4] = (binding << 4) | (symbol.type ?? STT.NOTYPE);
    this.section.append(entry);
    if (binding === STB.LOCAL) this.orderChanged = true;
    this.setOther(handle, symbol.visibility ?? STV.DEFAULT);
    this.setSection(handle, symbol.section ?? SHN.UNDEF);
    this.setValue(handle, symbol.value ?? 0);
    this.setSize(handle, symbol.size ?? 0);
    this.setName(handle, symbol.name);
    return handle;
  }

  setName(handle: number, name: string): void {
    this.#at(handle);
    this.names.set(handle, name);
  }

  /**
   * Puts `prefix` before the name of every symbol for which `selects` is true, byte by byte, so that names in any encoding keep theirs.
   * Symbols without a name and those renamed by `setName` stay as they are.
   */
  prefixNames(prefix: string, selects: (handle: number) => boolean): void {
    this.prefix = { bytes: Buffer.from(prefix, 'utf8'), selects };
  }

  /** Binding (STB) and type (STT). */
  setInfo(handle: number, binding: number, type: number): void {
    const at = this.#at(handle) + 4;
    const view = this.section.writableView();
    const wasLocal = view.getUint8(at) >> 4 === STB.LOCAL;
    if ((binding === STB.LOCAL) !== wasLocal) this.orderChanged = true;
    view.setUint8(at, (binding << 4) | (type & 0xf));
  }

  /** st_other whole; its low two bits are the visibility. */
  setOther(handle: number, other: number): void {
    const at = this.#at(handle) + 5;
    this.section.writableView().setUint8(at, other);
  }

  setSection(handle: number, section: SymbolSection): void {
    const at = this.#at(handle) + 6;
    const extended = typeof section === 'number' && section >= SHN.LORESERVE;
    if (extended) this.extendedIndexes.set(handle, section);
    else this.extendedIndexes.delete(handle);
    const reserved = section === 'absolute' ? SHN.ABS : section === 'common' ? SHN.COMMON : section;
    this.section.writableView().setUint16(at, extended ? SHN.XINDEX : reserved, true);
  }

  setValue(handle: number, value: number | bigint): void {
    const at = this.#at(handle) + 8;
    if (typeof value === 'bigint') this.section.writableView().setBigUint64(at, value, true);
    else setU64(this.section.writableView(), at, value);
  }

  /** st_size in bytes. */
  setSize(handle: number, size: number): void {
    const at = this.#at(handle) + 16;
    setU64(this.section.writableView(), at, size);
  }

  #at(handle: number): number {
    if (handle >= 0 && handle < this.length) return handle * SYMBOL_SIZE;
    throw new UklError(elfErrors.badSymbolIndex(this.section.place, 'an edit', handle, this.length));
  }
}
