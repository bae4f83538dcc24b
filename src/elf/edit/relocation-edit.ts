import { UklError, elfErrors } from '../../errors/index.js';
import { RELA_SIZE } from '../constants.js';
import { setU64, u64AsNumber } from '../bytes.js';
import type { SectionEdit } from './section-edit.js';

/** A relocation to add. */
export interface NewRelocation {
  /** Byte offset in the target section. */
  readonly offset: number;
  /** R_X86_64 number. */
  readonly type: number;
  /** Handle of a symbol (see SymbolEdit), 0 for none. */
  readonly symbol: number;
  readonly addend: number | bigint;
}

/** The relocations (SHT_RELA) that apply to one section of a file being edited. */
export class RelocationEdit {
  readonly section: SectionEdit;

  constructor(section: SectionEdit) {
    this.section = section;
  }

  get length(): number {
    return this.section.size / RELA_SIZE;
  }

  /** r_offset: a byte offset in the target section (ET_REL). */
  offset(index: number): number {
    return u64AsNumber(this.#view, this.#at(index));
  }
  type(index: number): number {
    return this.#view.getUint32(this.#at(index) + 8, true);
  }
  symbol(index: number): number {
    return this.#view.getUint32(this.#at(index) + 12, true);
  }
  addend(index: number): bigint {
    return this.#view.getBigInt64(this.#at(index) + 16, true);
  }

  setOffset(index: number, offset: number | bigint): void {
    const at = this.#at(index);
    if (typeof offset === 'bigint') this.#view.setBigUint64(at, offset, true);
    else setU64(this.#view, at, offset);
  }
  setType(index: number, type: number): void {
    this.#view.setUint32(this.#at(index) + 8, type, true);
  }
  /** `handle` is a symbol's handle (see SymbolEdit). */
  setSymbol(index: number, handle: number): void {
    this.#view.setUint32(this.#at(index) + 12, handle, true);
  }
  setAddend(index: number, addend: number | bigint): void {
    this.#view.setBigInt64(this.#at(index) + 16, BigInt(addend), true);
  }

  /**
   * Appends a relocation and returns its index. The order is the caller's business: ld wants those of .eh_frame by ascending
   * offset and does not care elsewhere.
   */
  add(relocation: NewRelocation): number {
    const index = this.length;
    this.section.append(new Uint8Array(RELA_SIZE));
    this.setOffset(index, relocation.offset);
    this.setType(index, relocation.type);
    this.setSymbol(index, relocation.symbol);
    this.setAddend(index, relocation.addend);
    return index;
  }

  get #view(): DataView {
    return this.section.writableView();
  }

  #at(index: number): number {
    if (index >= 0 && index < this.length) return index * RELA_SIZE;
    throw new UklError(elfErrors.badRelocationIndex(this.section.place, index, this.length));
  }
}
