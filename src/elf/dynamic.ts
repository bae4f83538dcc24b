import { UklError, elfErrors } from '../errors/index.js';
import { u64AsNumber, viewOf } from './bytes.js';
import { DT, DYN_SIZE, PT, SHT } from './constants.js';
import type { ElfFile } from './elf-file.js';
import { StringTable } from './string-table.js';

/** The dynamic section of a program or library: its tags up to DT_NULL. */
export class DynamicTable {
  readonly elf: ElfFile;
  /** Number of entries before DT_NULL. */
  readonly length: number;
  readonly #view: DataView;
  #strings: StringTable | undefined;

  constructor(elf: ElfFile, bytes: Uint8Array) {
    this.elf = elf;
    this.#view = viewOf(bytes);
    let length = 0;
    while (
      (length + 1) * DYN_SIZE <= bytes.length &&
      u64AsNumber(this.#view, length * DYN_SIZE) !== DT.NULL
    ) {
      length++;
    }
    this.length = length;
  }

  /** d_tag of an entry. */
  tag(index: number): number {
    return u64AsNumber(this.#view, this.#at(index));
  }

  /** d_val or d_ptr of an entry. */
  value(index: number): bigint {
    return this.#view.getBigUint64(this.#at(index) + 8, true);
  }

  /** Value of the first entry with this tag. */
  find(tag: number): bigint | undefined {
    for (let i = 0; i < this.length; i++) if (this.tag(i) === tag) return this.value(i);
    return undefined;
  }

  /** Names of the libraries it needs, DT_NEEDED. */
  get needed(): string[] {
    const names: string[] = [];
    for (let i = 0; i < this.length; i++)
      if (this.tag(i) === DT.NEEDED) names.push(this.#string(this.value(i)));
    return names;
  }

  /** Its own name, DT_SONAME. */
  get soname(): string | undefined {
    const offset = this.find(DT.SONAME);
    return offset === undefined ? undefined : this.#string(offset);
  }

  /** Strings of the table that DT_STRTAB points at: found by address, so it works without section headers. */
  get strings(): StringTable {
    if (this.#strings === undefined) {
      const address = this.find(DT.STRTAB);
      const size = this.find(DT.STRSZ);
      if (address === undefined || size === undefined) throw this.#bad('it has no DT_STRTAB or no DT_STRSZ');
      const bytes = bytesAtAddress(this.elf, address, size);
      if (bytes === undefined) throw this.#bad('DT_STRTAB lies outside of the loaded segments');
      this.#strings = new StringTable(bytes, { place: { ...this.elf.origin, section: '.dynstr' } });
    }
    return this.#strings;
  }

  #string(offset: bigint): string {
    return this.strings.at(Number(offset));
  }

  #at(index: number): number {
    if (index >= 0 && index < this.length) return index * DYN_SIZE;
    throw this.#bad(`it has no entry ${index}, there are ${this.length}`);
  }

  #bad(why: string): UklError {
    return new UklError(elfErrors.badDynamic({ ...this.elf.origin, section: '.dynamic' }, why));
  }
}

/** The dynamic section, found by PT_DYNAMIC or, without program headers, by SHT_DYNAMIC; undefined for a static file. */
export function readDynamic(elf: ElfFile): DynamicTable | undefined {
  const container = elf.segments.find((s) => s.type === PT.DYNAMIC) ?? elf.sectionOfType(SHT.DYNAMIC);
  return container === undefined ? undefined : new DynamicTable(elf, container.contents);
}

/** The file's bytes for memory [address, address + size), when one PT_LOAD segment has all of them in the file. */
export function bytesAtAddress(elf: ElfFile, address: bigint, size: bigint): Uint8Array | undefined {
  for (const segment of elf.segments) {
    if (segment.type !== PT.LOAD) continue;
    const start = address - segment.virtualAddress;
    if (start < 0n || start + size > BigInt(segment.fileSize)) continue;
    const offset = segment.offset + Number(start);
    return elf.bytes.subarray(offset, offset + Number(size));
  }
  return undefined;
}

/**
 * The addresses that a SHT_RELR table relocates (gABI draft, "Relative Relocation Table"): an even word is an address, an odd one
 * a bitmap of the 63 words that follow.
 */
export function* relrAddresses(contents: Uint8Array): IterableIterator<bigint> {
  const view = viewOf(contents);
  let next = 0n;
  for (let at = 0; at + 8 <= contents.length; at += 8) {
    const entry = view.getBigUint64(at, true);
    if ((entry & 1n) === 0n) {
      yield entry;
      next = entry + 8n;
      continue;
    }
    for (let bit = 0n, map = entry >> 1n; map !== 0n; bit++, map >>= 1n) {
      if ((map & 1n) !== 0n) yield BigInt.asUintN(64, next + bit * 8n);
    }
    next = BigInt.asUintN(64, next + 63n * 8n);
  }
}
