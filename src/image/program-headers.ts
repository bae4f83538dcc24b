/** ELF64 little-endian program headers: the few fields that grafting reads and writes. */

export const PT_NULL = 0;
export const PT_LOAD = 1;
export const PT_NOTE = 4;
/** Ours (docs/architecture.md): the cpio archive in the slot. */
export const PT_UKL_INITRAMFS = 0x60756b6c;

export const PF_R = 4;
export const PF_W = 2;
export const PF_X = 1;

export const ET_EXEC = 2;
export const ET_DYN = 3;

export const EHDR_SIZE = 64;
export const PHDR_SIZE = 56;

/** Elf64_Phdr. */
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

/** What is needed of an Elf64_Ehdr, with the program headers. */
export interface ElfImage {
  /** `e_type`. */
  readonly type: number;
  readonly entry: bigint;
  readonly programHeadersAt: number;
  readonly programHeaders: readonly ProgramHeader[];
}

const MAGIC = 0x464c457f;
const EM_X86_64 = 62;

const asNumber = (value: bigint, what: string): number => {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error(`${what} is out of range`);
  return Number(value);
};

/**
 * Reads ELF header and program headers of an x86-64 ELF64 file.
 *
 * @throws Error with the reason when `file` is not one or is cut short
 */
export function readElfImage(file: Uint8Array): ElfImage {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < EHDR_SIZE || view.getUint32(0, true) !== MAGIC) throw new Error('no ELF file');
  if (file[4] !== 2 || file[5] !== 1 || view.getUint16(18, true) !== EM_X86_64)
    throw new Error('not an ELF64 little-endian x86-64 file');
  const programHeadersAt = asNumber(view.getBigUint64(32, true), 'e_phoff');
  const count = view.getUint16(56, true);
  if (count > 0 && view.getUint16(54, true) !== PHDR_SIZE) throw new Error(`e_phentsize is not ${PHDR_SIZE}`);
  if (programHeadersAt + count * PHDR_SIZE > file.length)
    throw new Error('program headers lie outside of the file');
  const programHeaders: ProgramHeader[] = [];
  for (let i = 0; i < count; i++) {
    const at = programHeadersAt + i * PHDR_SIZE;
    programHeaders.push({
      type: view.getUint32(at, true),
      flags: view.getUint32(at + 4, true),
      offset: asNumber(view.getBigUint64(at + 8, true), 'p_offset'),
      vaddr: view.getBigUint64(at + 16, true),
      paddr: view.getBigUint64(at + 24, true),
      fileSize: asNumber(view.getBigUint64(at + 32, true), 'p_filesz'),
      memSize: asNumber(view.getBigUint64(at + 40, true), 'p_memsz'),
      align: asNumber(view.getBigUint64(at + 48, true), 'p_align'),
    });
  }
  return {
    type: view.getUint16(16, true),
    entry: view.getBigUint64(24, true),
    programHeadersAt,
    programHeaders,
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
export function writeElfImage(
  out: Uint8Array,
  entry: bigint,
  programHeaders: readonly ProgramHeader[],
): void {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  view.setUint32(0, MAGIC, true);
  out.set([2, 1, 1], 4); // ELFCLASS64, ELFDATA2LSB, EV_CURRENT
  view.setUint16(16, ET_EXEC, true);
  view.setUint16(18, EM_X86_64, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, entry, true);
  view.setBigUint64(32, BigInt(EHDR_SIZE), true);
  view.setUint16(52, EHDR_SIZE, true);
  view.setUint16(54, PHDR_SIZE, true);
  view.setUint16(56, programHeaders.length, true);
  for (const [index, header] of programHeaders.entries())
    writeProgramHeader(out, EHDR_SIZE + index * PHDR_SIZE, header);
}
