import { u64AsNumber } from './bytes.js';
import { PT, constantName } from './constants.js';
import type { ElfFile } from './elf-file.js';

/** One program header: accessors over the file. `readElf` has checked that its bytes lie within the file. */
export class Segment {
  readonly elf: ElfFile;
  readonly index: number;
  readonly #view: DataView;
  readonly #at: number;

  constructor(elf: ElfFile, index: number, view: DataView, headerOffset: number) {
    this.elf = elf;
    this.index = index;
    this.#view = view;
    this.#at = headerOffset;
  }

  get type(): number {
    return this.#view.getUint32(this.#at, true);
  }

  get typeName(): string {
    return constantName(PT, 'PT_', this.type);
  }

  /** PF bits. */
  get flags(): number {
    return this.#view.getUint32(this.#at + 4, true);
  }

  /** Byte offset in the file. */
  get offset(): number {
    return u64AsNumber(this.#view, this.#at + 8);
  }

  get virtualAddress(): bigint {
    return this.#view.getBigUint64(this.#at + 16, true);
  }

  get physicalAddress(): bigint {
    return this.#view.getBigUint64(this.#at + 24, true);
  }

  /** Bytes in the file. */
  get fileSize(): number {
    return u64AsNumber(this.#view, this.#at + 32);
  }

  /** Bytes in memory. */
  get memorySize(): number {
    return u64AsNumber(this.#view, this.#at + 40);
  }

  get align(): number {
    return u64AsNumber(this.#view, this.#at + 48);
  }

  /** The bytes in the file: a view, not a copy. */
  get contents(): Uint8Array {
    return this.elf.bytes.subarray(this.offset, this.offset + this.fileSize);
  }
}
