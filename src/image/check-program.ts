import {
  ET,
  PROGRAM_HEADER_SIZE,
  PT,
  SECTION_HEADER_SIZE,
  type ElfFile,
  type Segment,
} from '../elf/index.js';
import { imageErrors, type Diagnostic } from '../errors/index.js';
import { alignUp } from '../elf/bytes.js';
import { PAGE_SIZE } from './payload-layout.js';
import { PT_UKL_INITRAMFS } from './program-headers.js';
import type { BootRelocs, SlotInfo } from './types.js';

/** A segment whose address has been turned into an offset from the slot's start. */
export interface Placed {
  readonly offset: number;
  readonly segment: Segment;
}

/** Where the segment's memory ends, from the slot's start. */
export const memoryEnd = ({ offset, segment }: Placed): number => offset + segment.memorySize;

/** Where the page begins that the segment begins on. */
export const pageOf = ({ offset }: Placed): number => offset - (offset % PAGE_SIZE);

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** Address of the slot's start as the program sees it: a program linked at 0 counts from there. */
export const slotBase = (elf: ElfFile, slot: SlotInfo): bigint =>
  elf.header.type === ET.DYN ? 0n : slot.vaddr;

/** The program's segments by address, or what is wrong with them. */
export function placeSegments(elf: ElfFile, slot: SlotInfo, problems: Diagnostic[]): Placed[] {
  const wrong = (why: string): void => void problems.push(imageErrors.programNotForSlot(why));
  if (elf.header.type === ET.REL) wrong('it is not linked (ET_REL)');
  const base = slotBase(elf, slot);
  const placed: Placed[] = [];
  for (const segment of elf.segments) {
    if (segment.type !== PT.LOAD || segment.memorySize === 0) continue;
    const name = `PT_LOAD at ${hex(segment.virtualAddress)}`;
    const offset = segment.virtualAddress - base;
    // Beyond the slot's end is "too large", which says by how much; this far beyond is another address altogether.
    if (offset < 0n || offset > 0x7fff_ffffn) wrong(`${name} lies outside of the kernel's slot`);
    else if (segment.fileSize > segment.memorySize) wrong(`${name} has p_filesz larger than p_memsz`);
    else placed.push({ offset: Number(offset), segment });
  }
  placed.sort((a, b) => a.offset - b.offset);

  const first = placed[0];
  if (first === undefined) {
    if (problems.length === 0) wrong('it has no PT_LOAD');
    return placed;
  }
  const headersEnd = elf.header.phoff + elf.header.phnum * PROGRAM_HEADER_SIZE;
  if (first.offset !== 0 || first.segment.offset !== 0 || first.segment.fileSize < headersEnd)
    wrong('its first PT_LOAD does not hold ELF header and program headers at the start of the slot');
  for (const [index, one] of placed.entries()) {
    const next = placed[index + 1];
    if (next !== undefined && alignUp(memoryEnd(one), PAGE_SIZE) > pageOf(next))
      wrong(`two PT_LOADs share the page at ${hex(base + BigInt(pageOf(next)))}`);
  }
  return placed;
}

/** A range of a program's file, which is the same range of the slot. */
export interface FileRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What a program has behind its segments: symbols, then the section headers. They come to lie behind the last segment's bytes, on a page of their
 * own; its .bss may begin there as well, since nobody reads pages of zeros from an image. Undefined without section headers.
 */
export function sectionsRange(
  elf: ElfFile,
  placed: readonly Placed[],
  problems: Diagnostic[],
): FileRange | undefined {
  const { shoff, shnum } = elf.header;
  if (shoff === 0) return undefined;
  const fileEnd = Math.max(0, ...placed.map(({ offset, segment }) => offset + segment.fileSize));
  const start = alignUp(fileEnd, PAGE_SIZE);
  const end = shoff + shnum * SECTION_HEADER_SIZE;
  if (shoff < start || placed.some(({ offset, segment }) => offset !== segment.offset))
    problems.push(imageErrors.programNotForSlot('its section headers tell of another place than the slot'));
  return { start, end };
}

/** Offset of e_entry in the ELF header, and of p_vaddr in a program header. */
const E_ENTRY = 24;
const P_VADDR = 16;

/**
 * The headers' own addresses must be among the relocations: the kernel and the C library read entry, segments and
 * TLS image from there and take them as they are. A program linked at 0 is told where it lies instead (AT_PHDR).
 */
export function headersRelocated(elf: ElfFile, relocs: BootRelocs, slot: SlotInfo): boolean {
  if (elf.header.type === ET.DYN) return true;
  const words = elf.segments
    .filter((segment) => segment.type === PT.LOAD || segment.type === PT_UKL_INITRAMFS)
    .map((segment) => elf.header.phoff + segment.index * PROGRAM_HEADER_SIZE + P_VADDR);
  const low = Number(BigInt.asUintN(32, slot.vaddr));
  return [E_ENTRY, ...words].every((at) => Array.prototype.includes.call(relocs.relocs64, low + at));
}

/** The first relocation that names a word outside of these parts of the slot, as a problem. */
export function checkRelocs(
  held: readonly FileRange[],
  relocs: BootRelocs,
  slot: SlotInfo,
): Diagnostic | undefined {
  const low = Number(BigInt.asUintN(32, slot.vaddr));
  const lists = [
    [relocs.relocs64, 8],
    [relocs.relocs32Inverse, 4],
    [relocs.relocs32, 4],
  ] as const;
  for (const [list, width] of lists) {
    // Most words lie in the part that the word before them lies in.
    let { start, end } = held[0] ?? { start: 0, end: 0 };
    for (let i = 0; i < list.length; i++) {
      const offset = list[i]! - low; // in range: the loop's bound
      if (offset >= start && offset + width <= end) continue;
      const part = held.find((one) => offset >= one.start && offset + width <= one.end);
      if (part === undefined) return imageErrors.relocationOutsideProgram(list[i]!);
      ({ start, end } = part);
    }
  }
  return undefined;
}
