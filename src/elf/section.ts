import { UklError, type Place } from '../errors/index.js';
import { u64AsNumber } from './bytes.js';
import { SHF, SHT, constantName } from './constants.js';
import type { ElfFile } from './elf-file.js';

/** One section: accessors over its header in the file. Offsets, sizes and indexes are checked once, by `readElf`. */
export class Section {
  readonly elf: ElfFile;
  readonly index: number;
  // Not `#view`: until V8 has optimised them, `#` fields cost more than reading a header does.
  private readonly view: DataView;
  /** File offset of this section's header. */
  private readonly at: number;

  constructor(elf: ElfFile, index: number, view: DataView, headerOffset: number) {
    this.elf = elf;
    this.index = index;
    this.view = view;
    this.at = headerOffset;
  }

  /** Throws UKL1010 when sh_name names no string. Empty when the file names no sections. */
  get name(): string {
    return this.elf.sectionNames?.at(this.nameOffset) ?? '';
  }

  get nameOffset(): number {
    return this.view.getUint32(this.at, true);
  }

  get type(): number {
    return this.view.getUint32(this.at + 4, true);
  }

  get typeName(): string {
    return constantName(SHT, 'SHT_', this.type);
  }

  /** The low 32 bits of sh_flags: all that are defined. */
  get flags(): number {
    return this.view.getUint32(this.at + 8, true);
  }

  get address(): bigint {
    return this.view.getBigUint64(this.at + 16, true);
  }

  /** Byte offset in the file. */
  get offset(): number {
    return u64AsNumber(this.view, this.at + 24);
  }

  /** Size in bytes: in the file, or in memory for SHT_NOBITS. */
  get size(): number {
    return u64AsNumber(this.view, this.at + 32);
  }

  get link(): number {
    return this.view.getUint32(this.at + 40, true);
  }

  get info(): number {
    return this.view.getUint32(this.at + 44, true);
  }

  /** Alignment in bytes: a power of two, or 0. */
  get align(): number {
    return u64AsNumber(this.view, this.at + 48);
  }

  get entrySize(): number {
    return u64AsNumber(this.view, this.at + 56);
  }

  /** Whether any of these SHF bits is set. */
  has(flags: number): boolean {
    return (this.flags & flags) !== 0;
  }

  get isAllocated(): boolean {
    return this.has(SHF.ALLOC);
  }

  /** Whether it takes room in the file. */
  get inFile(): boolean {
    return this.type !== SHT.NOBITS && this.type !== SHT.NULL;
  }

  /** The bytes as they stand in the file (compressed ones stay so): a view, not a copy. Empty for SHT_NOBITS and SHT_NULL. */
  get contents(): Uint8Array {
    return this.inFile
      ? this.elf.bytes.subarray(this.offset, this.offset + this.size)
      : this.elf.bytes.subarray(0, 0);
  }

  /** Where this section is, for a Diagnostic. Never throws: a section without a readable name gives its index. */
  get place(): Place {
    return { ...this.elf.origin, section: this.#label() };
  }

  #label(): string {
    try {
      return this.name === '' ? `[${this.index}]` : this.name;
    } catch (error) {
      if (error instanceof UklError) return `[${this.index}]`;
      throw error;
    }
  }
}
