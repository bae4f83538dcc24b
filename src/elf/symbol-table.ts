import { UklError, elfErrors, type Place } from '../errors/index.js';
import { u64AsNumber } from './bytes.js';
import { SHN, STB, SYMBOL_SIZE } from './constants.js';
import type { Section } from './section.js';
import type { StringTable } from './string-table.js';

/** What a symbol table is read from. */
export interface SymbolTableSource {
  readonly section: Section;
  /** The entries, 24 bytes each. */
  readonly view: DataView;
  readonly strings: StringTable;
  /** sh_info: index of the first symbol that is not local. */
  readonly firstGlobal: number;
  /** SHT_SYMTAB_SHNDX, one word per symbol, when the file has it. */
  readonly extendedIndexes: DataView | undefined;
}

/**
 * A symbol table (SHT_SYMTAB or SHT_DYNSYM). Every accessor takes a symbol's index and reads the file's bytes; an index outside
 * of the table throws UKL1012. `for (const symbol of table)` gives a small object per symbol for code that is not hot.
 */
export class SymbolTable {
  /** Number of symbols, the null symbol 0 included. */
  readonly length: number;
  readonly firstGlobal: number;
  readonly strings: StringTable;
  /** The SHT_SYMTAB or SHT_DYNSYM section. */
  readonly section: Section;
  readonly #view: DataView;
  readonly #extended: DataView | undefined;

  constructor(source: SymbolTableSource) {
    this.length = Math.floor(source.view.byteLength / SYMBOL_SIZE);
    this.firstGlobal = source.firstGlobal;
    this.strings = source.strings;
    this.section = source.section;
    this.#view = source.view;
    this.#extended = source.extendedIndexes;
  }

  /** Where the table is, for a Diagnostic. */
  get place(): Place {
    return this.section.place;
  }

  /** Throws UKL1010 when st_name names no string. */
  name(index: number): string {
    return this.strings.at(this.nameOffset(index));
  }

  nameOffset(index: number): number {
    return this.#view.getUint32(this.#at(index), true);
  }

  /** An STB value. */
  binding(index: number): number {
    return this.#view.getUint8(this.#at(index) + 4) >> 4;
  }

  /** An STT value. */
  type(index: number): number {
    return this.#view.getUint8(this.#at(index) + 4) & 0xf;
  }

  /** st_other whole; its low two bits are the visibility. */
  other(index: number): number {
    return this.#view.getUint8(this.#at(index) + 5);
  }

  /** An STV value. */
  visibility(index: number): number {
    return this.other(index) & 3;
  }

  /** st_shndx as it stands: 0, a section, or a reserved SHN value. */
  rawSectionIndex(index: number): number {
    return this.#view.getUint16(this.#at(index) + 6, true);
  }

  /**
   * Index of the section that defines the symbol, SHN_XINDEX resolved; undefined for undefined, absolute, common and
   * other reserved ones.
   */
  sectionIndex(index: number): number | undefined {
    const raw = this.rawSectionIndex(index);
    if (raw === SHN.XINDEX) return this.#extendedIndex(index);
    return raw === SHN.UNDEF || raw >= SHN.LORESERVE ? undefined : raw;
  }

  isUndefined(index: number): boolean {
    return this.rawSectionIndex(index) === SHN.UNDEF;
  }

  isAbsolute(index: number): boolean {
    return this.rawSectionIndex(index) === SHN.ABS;
  }

  /** Whether it is a common block, small or large. */
  isCommon(index: number): boolean {
    const raw = this.rawSectionIndex(index);
    return raw === SHN.COMMON || raw === SHN.X86_64_LCOMMON;
  }

  isLocal(index: number): boolean {
    return this.binding(index) === STB.LOCAL;
  }

  /** st_value: an offset within its section (ET_REL), an alignment (common), else an address. */
  value(index: number): bigint {
    return this.#view.getBigUint64(this.#at(index) + 8, true);
  }

  /** st_value as a number, exact up to 2^53-1, for the files where it is an offset; throws UKL1017 above. */
  valueNumber(index: number): number {
    return this.#safe(this.#at(index) + 8, 'st_value');
  }

  /** st_size in bytes; throws UKL1017 above 2^53-1. */
  size(index: number): number {
    return this.#safe(this.#at(index) + 16, 'st_size');
  }

  get(index: number): ElfSymbol {
    this.#at(index);
    return new ElfSymbol(this, index);
  }

  *[Symbol.iterator](): IterableIterator<ElfSymbol> {
    for (let i = 0; i < this.length; i++) yield new ElfSymbol(this, i);
  }

  #at(index: number): number {
    if (index >= 0 && index < this.length) return index * SYMBOL_SIZE;
    throw new UklError(elfErrors.badSymbolIndex(this.place, 'a reference', index, this.length));
  }

  #safe(at: number, what: string): number {
    const value = u64AsNumber(this.#view, at);
    if (Number.isSafeInteger(value)) return value;
    throw new UklError(elfErrors.valueTooLarge(this.place, what, this.#view.getBigUint64(at, true)));
  }

  #extendedIndex(index: number): number {
    const at = index * 4;
    if (this.#extended !== undefined && at + 4 <= this.#extended.byteLength) {
      return this.#extended.getUint32(at, true);
    }
    throw new UklError(
      elfErrors.truncated(this.place, 'SHT_SYMTAB_SHNDX', at, 4, this.#extended?.byteLength ?? 0),
    );
  }
}

/** One symbol of a table: the accessors of SymbolTable with the index filled in. */
export class ElfSymbol {
  readonly table: SymbolTable;
  readonly index: number;

  constructor(table: SymbolTable, index: number) {
    this.table = table;
    this.index = index;
  }

  get name(): string {
    return this.table.name(this.index);
  }
  get binding(): number {
    return this.table.binding(this.index);
  }
  get type(): number {
    return this.table.type(this.index);
  }
  get visibility(): number {
    return this.table.visibility(this.index);
  }
  get sectionIndex(): number | undefined {
    return this.table.sectionIndex(this.index);
  }
  get isUndefined(): boolean {
    return this.table.isUndefined(this.index);
  }
  get isAbsolute(): boolean {
    return this.table.isAbsolute(this.index);
  }
  get isCommon(): boolean {
    return this.table.isCommon(this.index);
  }
  get isLocal(): boolean {
    return this.table.isLocal(this.index);
  }
  get value(): bigint {
    return this.table.value(this.index);
  }
  get size(): number {
    return this.table.size(this.index);
  }
}
