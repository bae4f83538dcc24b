import { UklError, imageErrors, linkErrors } from '../errors/index.js';
import {
  PF,
  PROGRAM_HEADER_SIZE,
  PT,
  SECTION_HEADER_SIZE,
  type ElfFile,
  type Segment,
} from '../elf/index.js';
import { alignUp, setU64 } from '../elf/bytes.js';
import { PAGE_SIZE } from '../image/payload-layout.js';
import { PT_UKL_INITRAMFS, writeProgramHeader } from '../image/program-headers.js';
import type { SlotProgram } from './finish.js';
import { prefixedSymbols } from './prefixed-symbols.js';
import { slotSections } from './slot-sections.js';

/** The kernel, and the slot with it, is moved by multiples of this (CONFIG_PHYSICAL_ALIGN). */
const SLOT_ALIGN = 2 << 20;

/** Byte offsets in the ELF header and in a program header. */
const E_SHOFF = 0x28;
const E_SHENTSIZE = 0x3a;
const E_SHNUM = 0x3c;
const E_SHSTRNDX = 0x3e;
const P_OFFSET = 8;

/**
 * Lays a finished static-PIE executable out as the slot is: every segment's bytes at its address, p_offset the distance from the slot's start, symbols and
 * section headers behind the last segment as for a linked program. It stays linked at 0: its own start-up code adds the address at which it finds itself,
 * so there is nothing for KASLR to move.
 *
 * What lies in front of a segment on its first page, or behind it on its last, is zero, where the file has the neighbouring segment's bytes.
 *
 * @param slotSize - bytes of the slot
 * @param stripAll - leave the symbol table out
 * @throws UklError UKL3001 when it is larger than the slot, UKL2041 when it cannot lie in the slot as it is, UKL2042 without room for the program header that the kernel needs, UKL1xxx
 */
export function layOutStaticPie(elf: ElfFile, slotSize: number, stripAll = false): SlotProgram {
  const loads = elf.segments.filter(({ type, memorySize }) => type === PT.LOAD && memorySize > 0);
  checkLoads(elf, loads, slotSize);
  const spare = spareHeader(elf);

  const fileEnd = Math.max(...loads.map((load) => Number(load.virtualAddress) + load.fileSize));
  const memoryEnd = Math.max(...loads.map((load) => Number(load.virtualAddress) + load.memorySize));
  const start = alignUp(fileEnd, PAGE_SIZE);
  const sections = slotSections(elf, 0n, start, stripAll ? undefined : prefixedSymbols(elf, memoryEnd));
  const bytes = new Uint8Array(start + sections.bytes.length);
  for (const load of loads) bytes.set(load.contents, Number(load.virtualAddress));
  bytes.set(sections.bytes, start);

  const view = new DataView(bytes.buffer);
  const headerAt = (index: number): number => elf.header.phoff + index * PROGRAM_HEADER_SIZE;
  for (const { index, virtualAddress } of elf.segments)
    view.setBigUint64(headerAt(index) + P_OFFSET, virtualAddress, true);
  const end = alignUp(Math.max(memoryEnd, bytes.length), PAGE_SIZE);
  writeProgramHeader(bytes, headerAt(spare.index), {
    ...{ type: PT_UKL_INITRAMFS, flags: PF.R, align: PAGE_SIZE },
    ...{ offset: end, vaddr: BigInt(end), paddr: BigInt(end), fileSize: 0, memSize: 0 },
  });
  setU64(view, E_SHOFF, sections.shoff);
  view.setUint16(E_SHENTSIZE, SECTION_HEADER_SIZE, true);
  view.setUint16(E_SHNUM, sections.shnum, true);
  view.setUint16(E_SHSTRNDX, sections.shstrndx, true);
  return { elf: bytes, relocs: NO_RELOCATIONS };
}

const NO_RELOCATIONS = {
  relocs64: new Uint32Array(0),
  relocs32Inverse: new Uint32Array(0),
  relocs32: new Uint32Array(0),
};

/** What the kernel takes for granted of segments, which it maps page by page and not from a file. */
function checkLoads(elf: ElfFile, loads: readonly Segment[], slotSize: number): void {
  const end = Math.max(0, ...loads.map((load) => Number(load.virtualAddress) + load.memorySize));
  if (end > slotSize) throw new UklError(imageErrors.programTooLarge(end, slotSize));
  const problems: string[] = [];
  const { phoff, phnum } = elf.header;
  const first = loads[0];
  if (first?.virtualAddress !== 0n || first.offset !== 0)
    problems.push('its first segment is not the start of the file at address 0');
  else if (phoff !== ELF_HEADER_END || first.fileSize < phoff + phnum * PROGRAM_HEADER_SIZE)
    problems.push('its program headers do not follow the ELF header in the first segment');
  let free = 0;
  for (const { virtualAddress, fileSize, memorySize, align } of loads) {
    const name = `the segment at 0x${virtualAddress.toString(16)}`;
    const at = Number(virtualAddress);
    if (at < free) problems.push(`${name} shares a page with the one before it, or is not behind it`);
    else if (fileSize > memorySize) problems.push(`${name} is larger in the file than in memory`);
    else if (align > SLOT_ALIGN) problems.push(`${name} wants to be aligned to ${align} bytes`);
    free = alignUp(at + memorySize, PAGE_SIZE);
  }
  for (const name of outside(elf, loads))
    problems.push(`${name} does not lie in a segment as it lies in the file`);
  if (problems.length > 0)
    throw new UklError(problems.map((why) => linkErrors.executableLayout(elf.origin, why)));
}

/** What has bytes in the file, but by its address others than those, or none. */
function outside(elf: ElfFile, loads: readonly Segment[]): string[] {
  const isLoaded = (address: bigint, offset: number, size: number): boolean =>
    size === 0 ||
    loads.some((load) => {
      const at = Number(address - load.virtualAddress);
      return at >= 0 && at + size <= load.fileSize && at === offset - load.offset;
    });
  const segments = elf.segments.filter((s) => !isLoaded(s.virtualAddress, s.offset, s.fileSize));
  const sections = elf.sections.filter(
    (s) => s.isAllocated && s.inFile && !isLoaded(s.address, s.offset, s.size),
  );
  return [...segments.map(({ typeName }) => typeName), ...sections.map(({ name }) => name)];
}

/** Where the kernel looks for program headers. */
const ELF_HEADER_END = 64;

/** The types that a running program can do without, the least useful first. */
const SPARE_TYPES = [PT.NULL, PT.GNU_PROPERTY, PT.NOTE, PT.PHDR];

/**
 * The program header that PT_UKL_INITRAMFS replaces. The table cannot grow, since the program's own bytes follow it, nor move, since the kernel and some
 * programs (by `__ehdr_start`) look for it behind the ELF header. What PT_GNU_PROPERTY says stands in a PT_NOTE as well; of notes, those are for
 * tools that read files, which find them by section; PT_PHDR repeats what AT_PHDR says.
 */
function spareHeader(elf: ElfFile): Segment {
  for (const type of SPARE_TYPES) {
    const found = elf.segments.findLast((segment) => segment.type === type);
    if (found !== undefined) return found;
  }
  throw new UklError(linkErrors.noSpareHeader(elf.origin));
}
