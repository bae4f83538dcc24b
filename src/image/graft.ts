import { gzipSync } from 'node:zlib';
import { ET, PF, PROGRAM_HEADER_SIZE, PT, readElf, type ElfFile, type Segment } from '../elf/index.js';
import { imageErrors, UklError, type Diagnostic } from '../errors/index.js';
import { PAGE_SIZE, roundUp } from './payload-layout.js';
import { PT_UKL_INITRAMFS, writeProgramHeader, type ProgramHeader } from './program-headers.js';
import type { BootRelocs, LinkedProgram, SlotInfo } from './types.js';

/** A piece of the slot that the payload carries. Whole pages. */
export interface SlotPiece {
  /** From the slot's start. */
  readonly offset: number;
  readonly size: number;
  /** `p_flags`. */
  readonly flags: number;
}

/** Bytes to be put into the slot. */
interface SlotData {
  /** From the slot's start. */
  readonly offset: number;
  readonly data: Uint8Array;
}

/** What goes where in the slot; {@link fillSlot} then writes it. */
export interface SlotPlan {
  readonly pieces: readonly SlotPiece[];
  /** Bytes from the slot's start to the end of the last piece. */
  readonly size: number;
  readonly data: readonly SlotData[];
  /** The `PT_UKL_INITRAMFS` header as it has to be, and its place from the slot's start. */
  readonly initramfsHeader?: { readonly at: number; readonly header: ProgramHeader };
}

/** A segment whose address has been turned into an offset from the slot's start. */
interface Placed {
  readonly offset: number;
  readonly segment: Segment;
}

const memoryEnd = ({ offset, segment }: Placed): number => offset + segment.memorySize;

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** Address of the slot's start as the program sees it: a program linked at 0 counts from there. */
const slotBase = (elf: ElfFile, slot: SlotInfo): bigint => (elf.header.type === ET.DYN ? 0n : slot.vaddr);

/** The program's segments by address, or what is wrong with them. */
function placeSegments(elf: ElfFile, slot: SlotInfo, problems: Diagnostic[]): Placed[] {
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
    else if (Number(offset) % PAGE_SIZE !== 0) wrong(`${name} does not start on a page`);
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
    if (next !== undefined && roundUp(memoryEnd(one), PAGE_SIZE) > next.offset)
      wrong(`two PT_LOADs share the page at ${hex(base + BigInt(next.offset))}`);
  }
  return placed;
}

/** Offset of e_entry in the ELF header, and of p_vaddr in a program header. */
const E_ENTRY = 24;
const P_VADDR = 16;

/**
 * The headers' own addresses must be among the relocations: the kernel and the C library read entry, segments and
 * TLS image from there and take them as they are. A program linked at 0 is told where it lies instead (AT_PHDR).
 */
function headersRelocated(elf: ElfFile, relocs: BootRelocs, slot: SlotInfo): boolean {
  if (elf.header.type === ET.DYN) return true;
  const words = elf.segments
    .filter((segment) => segment.type === PT.LOAD || segment.type === PT_UKL_INITRAMFS)
    .map((segment) => elf.header.phoff + segment.index * PROGRAM_HEADER_SIZE + P_VADDR);
  const low = Number(BigInt.asUintN(32, slot.vaddr));
  return [E_ENTRY, ...words].every((at) => Array.prototype.includes.call(relocs.relocs64, low + at));
}

/** The first relocation that names a word outside of the segments' bytes, as a problem. */
function checkRelocs(placed: readonly Placed[], relocs: BootRelocs, slot: SlotInfo): Diagnostic | undefined {
  const low = Number(BigInt.asUintN(32, slot.vaddr));
  const lists = [
    [relocs.relocs64, 8],
    [relocs.relocs32Inverse, 4],
    [relocs.relocs32, 4],
  ] as const;
  for (const [list, width] of lists) {
    for (let i = 0; i < list.length; i++) {
      const offset = list[i]! - low; // in range: the loop's bound
      const held = placed.some((p) => offset >= p.offset && offset + width <= p.offset + p.segment.fileSize);
      if (!held) return imageErrors.relocationOutsideProgram(list[i]!);
    }
  }
  return undefined;
}

/**
 * The archive, compressed with gzip if it does not fit plain. Not before: the payload is compressed as a whole, so gzip
 * would only cost time here and at boot.
 */
function fitArchive(archive: Uint8Array, room: number): Uint8Array {
  // The magic of a plain archive; what is compressed already does not get smaller.
  const plain = Buffer.from(archive.subarray(0, 6)).toString('latin1').startsWith('07070');
  if (archive.length <= room || !plain) return archive;
  const packed = gzipSync(archive);
  // No time and no host in it: the same archive gives the same bytes (RFC 1952: MTIME, OS 255 = unknown).
  packed.fill(0, 4, 8);
  packed[9] = 255;
  return packed;
}

/**
 * Decides what of a program and of an initramfs lies where in the slot. The initramfs comes behind the last
 * segment's memory (.bss included), on a page of its own, and is announced in the program's `PT_UKL_INITRAMFS`.
 *
 * @throws UklError (all problems at once): too large, or not linked for this slot
 */
export function planSlot(slot: SlotInfo, program?: LinkedProgram, initramfs?: Uint8Array): SlotPlan {
  let archive = initramfs !== undefined && initramfs.length > 0 ? initramfs : undefined;
  if (program === undefined) {
    if (archive !== undefined) throw new UklError(imageErrors.initramfsWithoutProgram());
    // The boot stub leaves whatever it finds in the slot: the kernel must not take remains for a program.
    return { pieces: [{ offset: 0, size: PAGE_SIZE, flags: PF.R }], size: PAGE_SIZE, data: [] };
  }

  const elf = readElf(program.elf);
  const problems: Diagnostic[] = [];
  const placed = placeSegments(elf, slot, problems);
  const announced = elf.segments.find((segment) => segment.type === PT_UKL_INITRAMFS);
  if (announced === undefined)
    problems.push(imageErrors.programNotForSlot('it has no PT_UKL_INITRAMFS header'));
  const programEnd = roundUp(Math.max(0, ...placed.map(memoryEnd)), PAGE_SIZE);
  if (programEnd > slot.size) problems.push(imageErrors.programTooLarge(programEnd, slot.size));
  else if (archive !== undefined) {
    archive = fitArchive(archive, slot.size - programEnd);
    if (programEnd + archive.length > slot.size)
      problems.push(imageErrors.initramfsTooLarge(archive.length, programEnd, slot.size));
  }
  if (!headersRelocated(elf, program.relocs, slot))
    problems.push(imageErrors.programNotForSlot('its headers hold addresses that KASLR would not move'));
  const badReloc = checkRelocs(placed, program.relocs, slot);
  if (badReloc !== undefined) problems.push(badReloc);
  if (problems.length > 0 || announced === undefined) throw new UklError(problems);

  const filled = placed.filter(({ segment }) => segment.fileSize > 0);
  const pieces = filled.map(({ offset, segment }) => ({
    offset,
    size: roundUp(segment.fileSize, PAGE_SIZE),
    flags: segment.flags,
  }));
  const data = filled.map(({ offset, segment }) => ({ offset, data: segment.contents }));
  if (archive !== undefined) {
    pieces.push({ offset: programEnd, size: roundUp(archive.length, PAGE_SIZE), flags: PF.R });
    data.push({ offset: programEnd, data: archive });
  }
  return {
    pieces,
    size: Math.max(...pieces.map((piece) => piece.offset + piece.size)),
    data,
    initramfsHeader: {
      at: elf.header.phoff + announced.index * PROGRAM_HEADER_SIZE,
      header: initramfsHeader(slotBase(elf, slot) + BigInt(programEnd), programEnd, archive?.length ?? 0),
    },
  };
}

/** Without an archive the header still names an address in the slot, as the kernel checks it like any other. */
function initramfsHeader(address: bigint, offset: number, size: number): ProgramHeader {
  return {
    type: PT_UKL_INITRAMFS,
    flags: PF.R,
    offset,
    vaddr: address,
    paddr: address,
    fileSize: size,
    memSize: size,
    align: PAGE_SIZE,
  };
}

/**
 * Writes the slot's content.
 *
 * @param out - zeros, at least {@link SlotPlan.size} bytes
 */
export function fillSlot(out: Uint8Array, plan: SlotPlan): void {
  for (const { offset, data } of plan.data) out.set(data, offset);
  if (plan.initramfsHeader !== undefined)
    writeProgramHeader(out, plan.initramfsHeader.at, plan.initramfsHeader.header);
}
