import { UklError, elfErrors } from '../errors/index.js';
import { u64AsNumber, viewOf } from './bytes.js';
import { RELA_SIZE, REL_SIZE, SHT } from './constants.js';
import { relocationTypeName } from './relocation-types.js';
import type { Section } from './section.js';

/**
 * A relocation section (SHT_RELA, or SHT_REL, which x86-64 does not use but the format allows). Every accessor takes a
 * relocation's index and reads the file's bytes; an index outside of the table throws UKL1013.
 */
export class RelocationTable {
  readonly section: Section;
  /** Number of relocations. */
  readonly length: number;
  /** False for SHT_REL, whose addends stand in the relocated bytes. */
  readonly hasAddends: boolean;
  /** sh_info: index of the section the relocations apply to, 0 when they apply to the program's memory. */
  readonly targetIndex: number;
  readonly #view: DataView;
  readonly #entrySize: number;

  constructor(section: Section, bytes: Uint8Array = section.contents) {
    this.section = section;
    this.hasAddends = section.type === SHT.RELA;
    this.targetIndex = section.info;
    this.#entrySize = this.hasAddends ? RELA_SIZE : REL_SIZE;
    this.#view = viewOf(bytes);
    this.length = Math.floor(bytes.length / this.#entrySize);
  }

  /** r_offset as an address (ET_EXEC, ET_DYN). */
  address(index: number): bigint {
    return this.#view.getBigUint64(this.#at(index), true);
  }

  /** r_offset as a byte offset in the target section (ET_REL); throws UKL1017 above 2^53-1. */
  offset(index: number): number {
    const value = u64AsNumber(this.#view, this.#at(index));
    if (Number.isSafeInteger(value)) return value;
    throw new UklError(elfErrors.valueTooLarge(this.section.place, 'r_offset', this.address(index)));
  }

  /** An R_X86_64 number. */
  type(index: number): number {
    return this.#view.getUint32(this.#at(index) + 8, true);
  }

  /** `R_X86_64_PC32` and so on; throws UKL1015 for a type that x86-64 does not have. */
  typeName(index: number): string {
    const name = relocationTypeName(this.type(index));
    if (name === undefined)
      throw new UklError(elfErrors.unknownRelocation(this.section.place, this.type(index)));
    return name;
  }

  /** Index of the symbol in the table that sh_link names; 0 for none. */
  symbol(index: number): number {
    return this.#view.getUint32(this.#at(index) + 12, true);
  }

  /** r_addend; 0n in a table without addends. */
  addend(index: number): bigint {
    return this.hasAddends ? this.#view.getBigInt64(this.#at(index) + 16, true) : 0n;
  }

  /** r_addend as a number; throws UKL1017 outside of ±(2^53-1). */
  addendNumber(index: number): number {
    if (!this.hasAddends) return 0;
    const at = this.#at(index) + 16;
    const value = this.#view.getUint32(at, true) + this.#view.getInt32(at + 4, true) * 0x1_0000_0000;
    if (Number.isSafeInteger(value)) return value;
    throw new UklError(elfErrors.valueTooLarge(this.section.place, 'r_addend', this.addend(index)));
  }

  #at(index: number): number {
    if (index >= 0 && index < this.length) return index * this.#entrySize;
    throw new UklError(elfErrors.badRelocationIndex(this.section.place, index, this.length));
  }
}
