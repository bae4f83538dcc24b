import { ELF_HEADER_SIZE, EM, ET, PF, PROGRAM_HEADER_SIZE, type Segment } from '../elf/index.js';

/** Ours (docs/architecture.md): the cpio archive in the slot. */
export const PT_UKL_INITRAMFS = 0x60756b6c;

/** In its `p_flags`, the bits for an operating system's own use (PF_MASKOS) are the program's options: a finished executable has no other place. */
const OPTIONS_SHIFT = 20;
const OPTIONS_MASK = 0xff;

/** `p_flags` of the PT_UKL_INITRAMFS header. */
export function headerFlags(options: number): number {
  return PF.R | ((options & OPTIONS_MASK) << OPTIONS_SHIFT);
}

/** The options in `p_flags` of that header. */
export function headerOptions(flags: number): number {
  return (flags >>> OPTIONS_SHIFT) & OPTIONS_MASK;
}

/** Elf64_Phdr, as plain data: what a payload's program headers are made from. */
export interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly vaddr: bigint;
  readonly paddr: bigint;
  readonly fileSize: number;
  readonly memSize: number;
  readonly align: number;
}

/** The program header of a segment that was read. */
export function programHeaderOf(segment: Segment): ProgramHeader {
  return {
    type: segment.type,
    flags: segment.flags,
    offset: segment.offset,
    vaddr: segment.virtualAddress,
    paddr: segment.physicalAddress,
    fileSize: segment.fileSize,
    memSize: segment.memorySize,
    align: segment.align,
  };
}

/** Writes one program header at `at`. */
export function writeProgramHeader(file: Uint8Array, at: number, header: ProgramHeader): void {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  view.setUint32(at, header.type, true);
  view.setUint32(at + 4, header.flags, true);
  view.setBigUint64(at + 8, BigInt(header.offset), true);
  view.setBigUint64(at + 16, header.vaddr, true);
  view.setBigUint64(at + 24, header.paddr, true);
  view.setBigUint64(at + 32, BigInt(header.fileSize), true);
  view.setBigUint64(at + 40, BigInt(header.memSize), true);
  view.setBigUint64(at + 48, BigInt(header.align), true);
}

/** Writes an ELF header of type `ET_EXEC` with the program headers right behind it; no section headers. */
export function writeElfHeaders(
  out: Uint8Array,
  entry: bigint,
  programHeaders: readonly ProgramHeader[],
): void {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  out.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // ELFCLASS64, ELFDATA2LSB, EV_CURRENT
  view.setUint16(16, ET.EXEC, true);
  view.setUint16(18, EM.X86_64, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, entry, true);
  view.setBigUint64(32, BigInt(ELF_HEADER_SIZE), true);
  view.setUint16(52, ELF_HEADER_SIZE, true);
  view.setUint16(54, PROGRAM_HEADER_SIZE, true);
  view.setUint16(56, programHeaders.length, true);
  for (const [index, header] of programHeaders.entries())
    writeProgramHeader(out, ELF_HEADER_SIZE + index * PROGRAM_HEADER_SIZE, header);
}
