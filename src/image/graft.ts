import { gzipSync } from 'node:zlib';
import { PF, PROGRAM_HEADER_SIZE, readElf } from '../elf/index.js';
import { imageErrors, UklError, type Diagnostic } from '../errors/index.js';
import {
  checkRelocs,
  headersRelocated,
  memoryEnd,
  pageOf,
  placeSegments,
  sectionsRange,
  slotBase,
} from './check-program.js';
import { alignUp } from '../elf/bytes.js';
import { PAGE_SIZE } from './payload-layout.js';
import { PT_UKL_INITRAMFS, headerFlags, writeProgramHeader, type ProgramHeader } from './program-headers.js';
import type { ImageContent, SlotInfo } from './types.js';

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
 * segment's memory (.bss included) and the program's symbols, on a page of its own, and is announced in the program's `PT_UKL_INITRAMFS`.
 *
 * @throws UklError (all problems at once): too large, or not linked for this slot
 */
export function planSlot(
  slot: SlotInfo,
  { program, initramfs, options = 0 }: Pick<ImageContent, 'program' | 'initramfs' | 'options'>,
): SlotPlan {
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
  const sections = sectionsRange(elf, placed, problems);
  const programEnd = alignUp(Math.max(sections?.end ?? 0, ...placed.map(memoryEnd)), PAGE_SIZE);
  if (programEnd > slot.size) problems.push(imageErrors.programTooLarge(programEnd, slot.size));
  else if (archive !== undefined) {
    archive = fitArchive(archive, slot.size - programEnd);
    if (programEnd + archive.length > slot.size)
      problems.push(imageErrors.initramfsTooLarge(archive.length, programEnd, slot.size));
  }
  if (!headersRelocated(elf, program.relocs, slot))
    problems.push(imageErrors.programNotForSlot('its headers hold addresses that KASLR would not move'));
  const filled = placed.filter(({ segment }) => segment.fileSize > 0);
  const held = filled.map(({ offset, segment }) => ({ start: offset, end: offset + segment.fileSize }));
  if (sections !== undefined) held.push(sections);
  const badReloc = checkRelocs(held, program.relocs, slot);
  if (badReloc !== undefined) problems.push(badReloc);
  if (problems.length > 0 || announced === undefined) throw new UklError(problems);

  const pieces = filled.map((one) => ({
    offset: pageOf(one),
    size: alignUp(one.offset + one.segment.fileSize, PAGE_SIZE) - pageOf(one),
    flags: one.segment.flags,
  }));
  const data = filled.map(({ offset, segment }) => ({ offset, data: segment.contents }));
  if (sections !== undefined) {
    const { start, end } = sections;
    pieces.push({ offset: start, size: alignUp(end - start, PAGE_SIZE), flags: PF.R });
    data.push({ offset: start, data: program.elf.subarray(start, end) });
  }
  if (archive !== undefined) {
    pieces.push({ offset: programEnd, size: alignUp(archive.length, PAGE_SIZE), flags: PF.R });
    data.push({ offset: programEnd, data: archive });
  }
  return {
    pieces,
    size: Math.max(...pieces.map((piece) => piece.offset + piece.size)),
    data,
    initramfsHeader: {
      at: elf.header.phoff + announced.index * PROGRAM_HEADER_SIZE,
      header: {
        ...initramfsHeader(slotBase(elf, slot) + BigInt(programEnd), programEnd, archive?.length ?? 0),
        flags: headerFlags(options),
      },
    },
  };
}

/** Without an archive the header still names an address in the slot, as the kernel checks it like any other. */
function initramfsHeader(address: bigint, offset: number, size: number): Omit<ProgramHeader, 'flags'> {
  return {
    type: PT_UKL_INITRAMFS,
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
