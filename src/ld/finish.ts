import { UklError, linkErrors } from '../errors/index.js';
import { alignUp } from '../elf/bytes.js';
import { PAGE_SIZE } from '../image/payload-layout.js';
import { ET, PF, PT, PROGRAM_HEADER_SIZE, readElf, type ElfFile, type Segment } from '../elf/index.js';
import { collectBootRelocations, type BootRelocations } from './boot-relocations.js';
import { slotSections, type SlotSections } from './slot-sections.js';
import type { SymbolBytes } from './slot-symbols.js';

/** Segment of the kernel's contract: where in the slot the root file system lies. */
export const PT_UKL_INITRAMFS = 0x60756b6c;

/** A program as the slot takes it. */
export interface SlotProgram {
  /** An ET_EXEC file that lies as the slot does: segments, then on a page of their own symbols and section headers. */
  readonly elf: Uint8Array;
  readonly relocs: BootRelocations;
}

/** What ld does not tell of a program. */
export interface ProgramTraits {
  /** The kernel's symbols among the program's. */
  readonly imports?: ReadonlySet<string>;
  /** Whether the stack is to be executable. */
  readonly executableStack?: boolean;
  /** Whether the symbol table is to be left out (ld's `--strip-all`). */
  readonly stripAll?: boolean;
}

const PAGE = BigInt(PAGE_SIZE);

/** Byte offsets in the ELF header. */
const E_ENTRY = 0x18;
const E_SHOFF = 0x28;
const E_SHNUM = 0x3c;
const E_SHSTRNDX = 0x3e;
/** Byte offsets in a program header. */
const P_TYPE = 0;
const P_FLAGS = 4;
const P_OFFSET = 8;
const P_VADDR = 16;
const P_PADDR = 24;
const P_FILESZ = 32;
const P_MEMSZ = 40;
const P_ALIGN = 48;

/**
 * Makes of ld's output what goes into the slot at `base`: lays it out as the slot is, fills in the two program headers ld cannot, makes section
 * headers and a symbol table, drops everything else that is not loaded, and collects the words that KASLR moves. Those include the addresses in
 * all headers and symbols: libc and unwinders, the kernel and debuggers read them in memory and take them as they are. Throws UKL2015 and UKL2016.
 */
export function finishProgram(
  linked: Uint8Array,
  base: bigint,
  { imports, executableStack = false, stripAll = false }: ProgramTraits = {},
): SlotProgram {
  const elf = readElf(linked);
  const loads = elf.segments.filter((segment) => segment.type === PT.LOAD);
  checkLoads(elf, loads, base);
  const relocs = collectBootRelocations(elf, imports);

  const placeOf = ({ virtualAddress }: Segment): number => Number(virtualAddress - base);
  const fileEnd = Math.max(...loads.map((load) => placeOf(load) + load.fileSize));
  const start = alignUp(fileEnd, PAGE_SIZE);
  const sections = slotSections(elf, base, start, stripAll ? undefined : symbolBytes(elf));
  const bytes = new Uint8Array(start + sections.bytes.length);
  for (const load of loads) bytes.set(load.contents, placeOf(load));
  bytes.set(sections.bytes, start);

  const view = new DataView(bytes.buffer);
  fillRelro(elf, loads, view);
  fillInitramfs(elf, loads, base, view);
  if (executableStack)
    view.setUint32(headerOf(elf, PT.GNU_STACK, 'PT_GNU_STACK') + P_FLAGS, PF.R | PF.W | PF.X, true);
  fillOffsets(elf, base, view);
  view.setBigUint64(E_SHOFF, BigInt(sections.shoff), true);
  view.setUint16(E_SHNUM, sections.shnum, true);
  view.setUint16(E_SHSTRNDX, sections.shstrndx, true);
  return {
    elf: bytes,
    relocs: { ...relocs, relocs64: withHeaders(elf, view, base, start, sections, relocs.relocs64) },
  };
}

/** The symbols as ld has written them; the boot relocations could not be collected without. */
function symbolBytes({ symbols }: ElfFile): SymbolBytes | undefined {
  return symbols && { table: symbols.section.contents, strings: symbols.strings.bytes };
}

/** What linker-scripts/program.ld promises to the kernel: R, R E and RW in this order, on pages of their own, the first at `base`. */
function checkLoads(elf: ElfFile, loads: readonly Segment[], base: bigint): void {
  const fail = (why: string): UklError => new UklError(linkErrors.unexpectedLayout(why));
  if (elf.header.type !== ET.EXEC) throw fail('it is not ET_EXEC');
  if (loads[0]?.virtualAddress !== base || loads[0].offset !== 0) {
    throw fail('its headers do not lie at the start of the slot');
  }
  let free = base;
  for (const load of loads) {
    const { virtualAddress, memorySize, fileSize, flags } = load;
    if (virtualAddress % PAGE !== 0n || virtualAddress < free) {
      throw fail(`the segment at 0x${virtualAddress.toString(16)} shares a page with another`);
    }
    if (fileSize > memorySize) throw fail('a segment is larger in the file than in memory');
    if ((flags & PF.W) !== 0 && (flags & PF.X) !== 0) throw fail('a segment is both writable and executable');
    free = pageUp(virtualAddress + BigInt(memorySize));
  }
}

/** PT_GNU_RELRO, for which the script leaves a PT_NULL: from the data segment's start to `__ukl_relro_end`. */
function fillRelro(elf: ElfFile, loads: readonly Segment[], view: DataView): void {
  const at = headerOf(elf, PT.NULL, 'PT_NULL');
  const end = symbolValue(elf, '__ukl_relro_end');
  const data = loads.find((load) => (load.flags & PF.W) !== 0);
  if (data === undefined) return;
  const size = end - data.virtualAddress;
  view.setUint32(at + P_TYPE, PT.GNU_RELRO, true);
  view.setBigUint64(at + P_VADDR, data.virtualAddress, true);
  view.setBigUint64(at + P_PADDR, data.virtualAddress, true);
  // With nothing behind it, the file may end before the page does.
  const inFile = size < BigInt(data.fileSize) ? size : BigInt(data.fileSize);
  view.setBigUint64(at + P_FILESZ, inFile, true);
  view.setBigUint64(at + P_MEMSZ, size, true);
  view.setBigUint64(at + P_ALIGN, 1n, true);
}

/** The file is the slot: p_offset of whatever has a place is the distance from the slot's start. */
function fillOffsets(elf: ElfFile, base: bigint, view: DataView): void {
  for (let i = 0; i < elf.segments.length; i++) {
    const at = elf.header.phoff + i * PROGRAM_HEADER_SIZE;
    const address = view.getBigUint64(at + P_VADDR, true);
    if (address !== 0n) view.setBigUint64(at + P_OFFSET, address - base, true);
  }
}

/** PT_UKL_INITRAMFS names the first page behind the program and its sections; nothing is there until the packer puts something there. */
function fillInitramfs(elf: ElfFile, loads: readonly Segment[], base: bigint, view: DataView): void {
  const at = headerOf(elf, PT_UKL_INITRAMFS, 'PT_UKL_INITRAMFS');
  const last = loads.at(-1);
  if (last === undefined) return;
  const [memoryEnd, fileEnd] = [
    last.virtualAddress + BigInt(last.memorySize),
    base + BigInt(view.byteLength),
  ];
  const end = pageUp(memoryEnd > fileEnd ? memoryEnd : fileEnd);
  view.setBigUint64(at + P_VADDR, end, true);
  view.setBigUint64(at + P_PADDR, end, true);
  view.setBigUint64(at + P_ALIGN, PAGE, true);
}

/**
 * The boot relocations, with those of the headers (e_entry, p_vaddr and p_paddr of every segment that has a place) and of the sections, which
 * lie at `start`.
 */
function withHeaders(
  elf: ElfFile,
  view: DataView,
  base: bigint,
  start: number,
  { addressWords }: SlotSections,
  words: Uint32Array,
): Uint32Array {
  const slot = Number(base & 0xffff_ffffn);
  const offsets = [E_ENTRY];
  for (let i = 0; i < elf.segments.length; i++) {
    const at = elf.header.phoff + i * PROGRAM_HEADER_SIZE;
    for (const field of [at + P_VADDR, at + P_PADDR]) {
      if (view.getBigUint64(field, true) !== 0n) offsets.push(field);
    }
  }
  const all = new Uint32Array(offsets.length + words.length + addressWords.length);
  all.set(offsets.map((offset) => slot + offset));
  all.set(words, offsets.length);
  for (let i = 0, to = offsets.length + words.length; i < addressWords.length; i++)
    all[to + i] = slot + start + addressWords[i]!; // in range: the loop's bound
  return all.sort();
}

/** File offset of the program header of this type. */
function headerOf(elf: ElfFile, type: number, name: string): number {
  const index = elf.segments.findIndex((segment) => segment.type === type);
  if (index < 0) throw new UklError(linkErrors.unexpectedLayout(`it has no ${name} program header`));
  return elf.header.phoff + index * PROGRAM_HEADER_SIZE;
}

function symbolValue(elf: ElfFile, name: string): bigint {
  const { symbols } = elf;
  const wanted = Buffer.from(`${name}\0`, 'latin1');
  for (let i = symbols?.firstGlobal ?? 0; symbols !== undefined && i < symbols.length; i++) {
    // Not decoded: the table has thousands of other names in front of it.
    const at = symbols.nameOffset(i);
    if (wanted.every((byte, k) => symbols.strings.bytes[at + k] === byte)) return symbols.value(i);
  }
  throw new UklError(linkErrors.unexpectedLayout(`it has no symbol ${name}`));
}

function pageUp(address: bigint): bigint {
  return ((address + PAGE - 1n) / PAGE) * PAGE;
}
