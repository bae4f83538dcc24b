import { UklError, elfErrors } from '../../errors/index.js';
import { alignUp } from '../bytes.js';
import { ELF_HEADER_SIZE, ET, PROGRAM_HEADER_SIZE, SECTION_HEADER_SIZE, SHT } from '../constants.js';
import type { Section } from '../section.js';
import type { ElfEdit } from './elf-edit.js';

/** A run of bytes that moves as one: a header table, a section's contents, or what follows the last of them. */
export interface Chunk {
  /** Index of the section; undefined for headers and the tail. */
  readonly section: number | undefined;
  /** Where it was: [oldStart, oldEnd), both the same for a new one. */
  readonly oldStart: number;
  readonly oldEnd: number;
  /** Size now. */
  readonly size: number;
  readonly align: number;
  /** Whether a segment loads it, or the header names it: it can neither move nor change its size. */
  readonly fixed: boolean;
  /** Where it goes. */
  newStart: number;
}

/** Where everything goes. */
export interface Layout {
  /** In the order of their places. */
  readonly chunks: readonly Chunk[];
  /** New e_shoff. */
  readonly sectionHeaders: number;
  /** New sh_offset of sections without bytes in the file. */
  readonly emptySections: ReadonlyMap<number, number>;
  /** Size of the new file. */
  readonly size: number;
}

/** Alignment in the file only helps readers that map it: a page is enough, whatever memory needs. */
const MAX_FILE_ALIGN = 4096;

/**
 * Places every part of an edited file. Each keeps its offset unless the one before has grown into it; new sections go behind
 * the old ones. Throws UKL1040 for a change of size that the format does not allow.
 */
export function layOut(edit: ElfEdit): Layout {
  const { elf } = edit;
  const fileSize = elf.bytes.length;
  const from = Math.min(firstChange(edit), fileSize);
  const { chunks, empty } = collect(edit, from);
  const table = sectionHeaderChunk(edit);
  const grows = edit.sectionCount > elf.header.shnum;
  if (table !== undefined && !grows) {
    if (table.oldEnd > from) chunks.push(table);
  } else if (table !== undefined) {
    const inside = chunks.find(
      (c) => c.section !== undefined && c.oldStart < table.oldEnd && table.oldStart < c.oldEnd,
    );
    if (inside !== undefined) throw refuse(edit, inside, 'the section headers share its bytes');
  }
  chunks.sort((a, b) => a.oldStart - b.oldStart || a.oldEnd - b.oldEnd);
  const end = chunks.reduce((max, c) => Math.max(max, c.oldEnd), grows ? (table?.oldEnd ?? 0) : 0);
  if (end < fileSize) chunks.push(chunk(undefined, end, fileSize, fileSize - end, 1, false));
  let size = placeOld(edit, chunks);
  for (let i = elf.header.shnum; i < edit.sectionCount; i++) {
    const section = edit.section(i);
    const added = chunk(i, fileSize, fileSize, section.size, section.align, false);
    added.newStart = alignUp(size, added.align);
    if (section.type === SHT.NOBITS || section.size === 0) empty.set(i, added.newStart);
    else {
      chunks.push(added);
      size = added.newStart + added.size;
    }
  }
  if (table !== undefined && grows) {
    table.newStart = alignUp(size, table.align);
    size = table.newStart + table.size;
    chunks.push(table);
  }
  return {
    chunks,
    sectionHeaders: table?.newStart ?? 0,
    emptySections: placeEmpty(chunks, empty),
    size,
  };
}

/** Stands in `Chunk.section` for the section header table. */
export const SECTION_HEADERS = -1;

function chunk(
  section: number | undefined,
  oldStart: number,
  oldEnd: number,
  size: number,
  align: number,
  fixed: boolean,
): Chunk {
  return {
    section,
    oldStart,
    oldEnd,
    size,
    align: Math.min(align, MAX_FILE_ALIGN),
    fixed,
    newStart: oldStart,
  };
}

function sectionHeaderChunk(edit: ElfEdit): Chunk | undefined {
  const { shoff, shnum } = edit.elf.header;
  if (shnum === 0) return undefined;
  const size = edit.sectionCount * SECTION_HEADER_SIZE;
  return chunk(SECTION_HEADERS, shoff, shoff + shnum * SECTION_HEADER_SIZE, size, 8, false);
}

/** Where the first part that changed begins in the old file. What lies before it stays, and needs no plan. */
function firstChange(edit: ElfEdit): number {
  let first = edit.headers.isChanged ? edit.elf.header.shoff : Number.POSITIVE_INFINITY;
  for (const section of edit.touchedSections()) {
    if (section.isReplaced && section.index < edit.elf.header.shnum) {
      first = Math.min(first, edit.elf.section(section.index).offset);
    }
  }
  return first;
}

/**
 * The parts of the old file that reach beyond `from`, behind one that stands for all before; and the old offsets of sections without
 * bytes that are there.
 */
function collect(edit: ElfEdit, from: number): { chunks: Chunk[]; empty: Map<number, number> } {
  const { elf, headers } = edit;
  const { header } = elf;
  const chunks = [chunk(undefined, 0, from, from, 1, true)];
  const empty = new Map<number, number>();
  if (from >= elf.bytes.length) return { chunks, empty };
  if (from < ELF_HEADER_SIZE) chunks.push(chunk(undefined, 0, ELF_HEADER_SIZE, ELF_HEADER_SIZE, 1, true));
  const tableSize = header.phnum * PROGRAM_HEADER_SIZE;
  if (tableSize > 0 && header.phoff + tableSize > from) {
    chunks.push(chunk(undefined, header.phoff, header.phoff + tableSize, tableSize, 1, true));
  }
  const loaded =
    header.type === ET.REL
      ? []
      : elf.segments.filter((s) => s.fileSize > 0).map((s) => [s.offset, s.offset + s.fileSize] as const);
  for (let i = 1; i < header.shnum; i++) {
    const start = headers.get64(i, SH_OFFSET);
    const size = headers.get64(i, SH_SIZE);
    const old = edit.touched(i) === undefined ? size : sizeInFile(elf.section(i));
    if (start + Math.max(old, 1) <= from) continue;
    const type = headers.get32(i, SH_TYPE);
    if (type === SHT.NOBITS || type === SHT.NULL || (size === 0 && old === 0)) {
      if (start >= from) empty.set(i, start);
      continue;
    }
    const fixed = loaded.some(([first, last]) => start < last && first < start + old);
    chunks.push(chunk(i, start, start + old, size, headers.get64(i, SH_ADDRALIGN), fixed));
  }
  return { chunks, empty };
}

const sizeInFile = (section: Section): number => (section.inFile ? section.size : 0);

/** Places of fields in Elf64_Shdr. */
const SH_TYPE = 4;
const SH_OFFSET = 24;
const SH_SIZE = 32;
const SH_ADDRALIGN = 48;

/** Gives each part of the old file its new place, in order, and returns where the last one ends. */
function placeOld(edit: ElfEdit, chunks: readonly Chunk[]): number {
  let oldEnd = 0;
  let newEnd = 0;
  let shift = 0;
  /** The last chunk that changed its size: what a fixed one behind it blames. */
  let resized: Chunk | undefined;
  /** Parts that share bytes with each other and have not been looked at. */
  let cluster: Chunk[] = [];
  for (const part of chunks) {
    const changes = isResized(part);
    if (changes && part.fixed) throw refuse(edit, part, 'a segment of the program loads it');
    if (part.oldStart < oldEnd) {
      cluster.push(part);
      const changed = cluster.find((c) => isChanged(edit, c));
      if (changed !== undefined) throw refuse(edit, changed, 'other parts of the file share its bytes');
      cluster = [];
      part.newStart = part.oldStart + shift;
    } else {
      cluster = [part];
      part.newStart = newEnd <= part.oldStart ? part.oldStart : alignUp(newEnd, part.align);
      shift = part.newStart - part.oldStart;
      if (part.fixed && shift !== 0) {
        throw refuse(edit, resized ?? part, 'it would grow into what a segment loads');
      }
    }
    if (changes) resized = part;
    oldEnd = Math.max(oldEnd, part.oldEnd);
    newEnd = Math.max(newEnd, part.newStart + part.size);
  }
  return newEnd;
}

const isResized = (part: Chunk): boolean => part.size !== part.oldEnd - part.oldStart;

/** Whether a part's bytes differ from the old ones. */
function isChanged(edit: ElfEdit, part: Chunk): boolean {
  if (isResized(part)) return true;
  if (part.section === SECTION_HEADERS) {
    const { shoff } = edit.elf.header;
    const { changed } = edit.headers;
    if (changed === undefined) return false;
    return Buffer.compare(changed, edit.elf.bytes.subarray(shoff, shoff + changed.length)) !== 0;
  }
  const section = part.section === undefined ? undefined : edit.touched(part.section);
  if (section?.isReplaced !== true) return false;
  const old = edit.elf.bytes.subarray(part.oldStart, part.oldEnd);
  return Buffer.compare(section.contents, old) !== 0;
}

/** Sections without bytes in the file follow the part that was before them. */
function placeEmpty(chunks: readonly Chunk[], empty: ReadonlyMap<number, number>): Map<number, number> {
  const places = new Map<number, number>();
  if (empty.size === 0) return places;
  let next = 0;
  let least = 0;
  for (const [section, offset] of [...empty].sort((a, b) => a[1] - b[1])) {
    for (let part = chunks[next]; part !== undefined && part.oldEnd <= offset; part = chunks[++next]) {
      least = Math.max(least, part.newStart + part.size);
    }
    places.set(section, Math.max(offset, least));
  }
  return places;
}

function refuse(edit: ElfEdit, part: Chunk, why: string): UklError {
  const place =
    part.section === undefined || part.section === SECTION_HEADERS
      ? edit.elf.origin
      : edit.section(part.section).place;
  return new UklError(elfErrors.sectionFixed(place, why));
}
