import { imageErrors, UklError, type Diagnostic } from '../errors/index.js';
import { PAGE_SIZE, roundUp } from './payload-layout.js';
import {
  ET_DYN,
  ET_EXEC,
  PF_R,
  PHDR_SIZE,
  PT_LOAD,
  PT_UKL_INITRAMFS,
  readElfImage,
  writeProgramHeader,
  type ElfImage,
  type ProgramHeader,
} from './program-headers.js';
import type { BootRelocs, LinkedProgram, SlotInfo } from './types.js';

/** A piece of the slot that the payload carries. Whole pages. */
export interface SlotPiece {
  /** From the slot's start. */
  readonly offset: number;
  readonly size: number;
  /** `p_flags`. */
  readonly flags: number;
}

/** What goes where in the slot; {@link fillSlot} then writes it. */
export interface SlotPlan {
  readonly pieces: readonly SlotPiece[];
  /** Bytes from the slot's start to the end of the last piece. */
  readonly size: number;
  readonly program?: {
    readonly elf: Uint8Array;
    readonly loads: readonly { readonly offset: number; readonly from: number; readonly size: number }[];
  };
  readonly initramfs?: {
    readonly data: Uint8Array;
    /** From the slot's start. */
    readonly offset: number;
  };
  /** The `PT_UKL_INITRAMFS` header as it has to be, and its place from the slot's start. */
  readonly initramfsHeader?: { readonly at: number; readonly header: ProgramHeader };
}

/** A segment whose address has been turned into an offset from the slot's start. */
interface Segment {
  readonly offset: number;
  readonly header: ProgramHeader;
}

const addressEnd = (segment: Segment): number => segment.offset + segment.header.memSize;

/** The program's segments by address, or what is wrong with them. */
function slotSegments(elf: ElfImage, slot: SlotInfo, fileSize: number, problems: Diagnostic[]): Segment[] {
  const wrong = (why: string): void => void problems.push(imageErrors.programNotForSlot(why));
  if (elf.type !== ET_EXEC && elf.type !== ET_DYN) wrong('it is neither ET_EXEC nor ET_DYN');
  const base = elf.type === ET_DYN ? 0n : slot.vaddr;
  const segments: Segment[] = [];
  for (const header of elf.programHeaders) {
    if (header.type !== PT_LOAD || header.memSize === 0) continue;
    const name = `PT_LOAD at 0x${header.vaddr.toString(16)}`;
    const offset = header.vaddr - base;
    if (offset < 0n || offset > 0x7fff_ffffn) wrong(`${name} lies outside of the kernel's slot`);
    else if (Number(offset) % PAGE_SIZE !== 0) wrong(`${name} does not start on a page`);
    else if (header.fileSize > header.memSize) wrong(`${name} has p_filesz larger than p_memsz`);
    else if (header.offset + header.fileSize > fileSize) wrong(`${name} lies outside of the file`);
    else segments.push({ offset: Number(offset), header });
  }
  segments.sort((a, b) => a.offset - b.offset);
  const first = segments[0];
  if (first === undefined) {
    if (problems.length === 0) wrong('it has no PT_LOAD');
    return segments;
  }
  const headersEnd = elf.programHeadersAt + elf.programHeaders.length * PHDR_SIZE;
  if (first.offset !== 0 || first.header.offset !== 0 || first.header.fileSize < headersEnd)
    wrong('its first PT_LOAD does not hold ELF header and program headers at the start of the slot');
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (next !== undefined && roundUp(addressEnd(segment), PAGE_SIZE) > next.offset)
      wrong(`two PT_LOADs share the page at 0x${(base + BigInt(next.offset)).toString(16)}`);
  }
  return segments;
}

function checkRelocs(segments: readonly Segment[], relocs: BootRelocs, base: bigint): Diagnostic | undefined {
  const low = Number(BigInt.asUintN(32, base));
  const holds = (address: number, width: number): boolean => {
    const offset = address - low;
    return segments.some((s) => offset >= s.offset && offset + width <= s.offset + s.header.fileSize);
  };
  const lists = [
    [relocs.relocs64, 8],
    [relocs.relocs32Inverse, 4],
    [relocs.relocs32, 4],
  ] as const;
  for (const [list, width] of lists) {
    for (let i = 0; i < list.length; i++) {
      const address = list[i]!; // in range: the loop's bound
      if (!holds(address, width)) return imageErrors.relocationOutsideProgram(address);
    }
  }
  return undefined;
}

/**
 * Decides what of a program and of an initramfs lies where in the slot. The initramfs comes behind the last
 * segment's memory (.bss included), on a page of its own, and is announced in the program's `PT_UKL_INITRAMFS`.
 *
 * @throws UklError (all problems at once): too large, or not linked for this slot
 */
export function planSlot(slot: SlotInfo, program?: LinkedProgram, initramfs?: Uint8Array): SlotPlan {
  const archive = initramfs !== undefined && initramfs.length > 0 ? initramfs : undefined;
  if (program === undefined) {
    if (archive !== undefined) throw new UklError(imageErrors.initramfsWithoutProgram());
    // The boot stub leaves whatever it finds in the slot: the kernel must not take remains for a program.
    return { pieces: [{ offset: 0, size: PAGE_SIZE, flags: PF_R }], size: PAGE_SIZE };
  }

  let elf: ElfImage;
  try {
    elf = readElfImage(program.elf);
  } catch (error) {
    throw new UklError(imageErrors.programNotForSlot((error as Error).message), { cause: error });
  }
  const problems: Diagnostic[] = [];
  const segments = slotSegments(elf, slot, program.elf.length, problems);
  const headerIndex = elf.programHeaders.findIndex((header) => header.type === PT_UKL_INITRAMFS);
  if (headerIndex < 0) problems.push(imageErrors.programNotForSlot('it has no PT_UKL_INITRAMFS header'));

  const programEnd = roundUp(Math.max(0, ...segments.map(addressEnd)), PAGE_SIZE);
  if (programEnd > slot.size) problems.push(imageErrors.programTooLarge(programEnd, slot.size));
  else if (archive !== undefined && programEnd + archive.length > slot.size)
    problems.push(imageErrors.initramfsTooLarge(archive.length, programEnd, slot.size));
  const relocProblem = checkRelocs(segments, program.relocs, slot.vaddr);
  if (relocProblem !== undefined) problems.push(relocProblem);
  if (problems.length > 0) throw new UklError(problems);

  const base = elf.type === ET_DYN ? 0n : slot.vaddr;
  const pieces: SlotPiece[] = segments
    .filter(({ header }) => header.fileSize > 0)
    .map(({ offset, header }) => ({
      offset,
      size: roundUp(header.fileSize, PAGE_SIZE),
      flags: header.flags,
    }));
  if (archive !== undefined)
    pieces.push({ offset: programEnd, size: roundUp(archive.length, PAGE_SIZE), flags: PF_R });
  const header: ProgramHeader = {
    type: PT_UKL_INITRAMFS,
    flags: PF_R,
    offset: archive === undefined ? 0 : programEnd,
    vaddr: archive === undefined ? 0n : base + BigInt(programEnd),
    paddr: archive === undefined ? 0n : base + BigInt(programEnd),
    fileSize: archive?.length ?? 0,
    memSize: archive?.length ?? 0,
    align: PAGE_SIZE,
  };
  return {
    pieces,
    size: Math.max(...pieces.map((piece) => piece.offset + piece.size)),
    program: {
      elf: program.elf,
      loads: segments.map(({ offset, header: { offset: from, fileSize: size } }) => ({ offset, from, size })),
    },
    ...(archive === undefined ? {} : { initramfs: { data: archive, offset: programEnd } }),
    initramfsHeader: { at: elf.programHeadersAt + headerIndex * PHDR_SIZE, header },
  };
}

/**
 * Writes the slot's content.
 *
 * @param out - zeros, at least {@link SlotPlan.size} bytes
 */
export function fillSlot(out: Uint8Array, plan: SlotPlan): void {
  for (const { offset, from, size } of plan.program?.loads ?? [])
    out.set(plan.program!.elf.subarray(from, from + size), offset);
  if (plan.initramfs !== undefined) out.set(plan.initramfs.data, plan.initramfs.offset);
  if (plan.initramfsHeader !== undefined)
    writeProgramHeader(out, plan.initramfsHeader.at, plan.initramfsHeader.header);
}
