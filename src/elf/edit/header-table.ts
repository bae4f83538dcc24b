import { SECTION_HEADER_SIZE } from '../constants.js';
import { viewOf } from '../bytes.js';
import type { ElfFile } from '../elf-file.js';

/** The section headers of a file being edited: one private copy, made at the first change, with room for new ones. */
export class HeaderTable {
  count: number;
  #bytes: Uint8Array;
  #view: DataView;
  #owned = false;

  constructor(elf: ElfFile) {
    const { shoff, shnum } = elf.header;
    this.count = shnum;
    this.#bytes = elf.bytes.subarray(shoff, shoff + shnum * SECTION_HEADER_SIZE);
    this.#view = viewOf(this.#bytes);
  }

  /** For reading. A change may replace it, so it must not be kept. */
  get view(): DataView {
    return this.#view;
  }

  /** For writing: the private copy. */
  get writable(): DataView {
    if (!this.#owned) this.#copy(this.count);
    return this.#view;
  }

  /** The headers as they are now. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.count * SECTION_HEADER_SIZE);
  }

  /** Adds a header of zeros and returns its index. */
  add(): number {
    if (!this.#owned || this.#bytes.length < (this.count + 1) * SECTION_HEADER_SIZE) {
      this.#copy(Math.max(this.count * 2, this.count + 4));
    }
    return this.count++;
  }

  #copy(capacity: number): void {
    const copy = new Uint8Array(capacity * SECTION_HEADER_SIZE);
    copy.set(this.bytes);
    this.#bytes = copy;
    this.#view = viewOf(copy);
    this.#owned = true;
  }
}
