import { UklError, elfErrors, type Place } from '../errors/index.js';
import { requireRange, u64AsNumber } from './bytes.js';
import {
  ELF_HEADER_SIZE,
  EM,
  ET,
  PN_XNUM,
  PROGRAM_HEADER_SIZE,
  SECTION_HEADER_SIZE,
  SHN,
  constantName,
} from './constants.js';

/** The ELF header, with extended numbering (gABI, "Section Header Table Index") already resolved. */
export interface ElfHeader {
  /** One of ET.REL, ET.EXEC, ET.DYN. */
  readonly type: number;
  /** EI_OSABI and EI_ABIVERSION. */
  readonly osAbi: number;
  readonly abiVersion: number;
  readonly entry: bigint;
  readonly flags: number;
  /** File offset of the program headers and how many there are. */
  readonly phoff: number;
  readonly phnum: number;
  /** File offset of the section headers, how many there are, and which names the sections (0: none does). */
  readonly shoff: number;
  readonly shnum: number;
  readonly shstrndx: number;
}

/** The four magic bytes, `\x7fELF`, as a little-endian word. */
const MAGIC = 0x464c457f;

/**
 * Reads the header. Throws UKL1001-1004 and 1006 for files of another kind, UKL1005 when the header or one of the two header
 * tables does not lie within the file, UKL1007 for sizes and versions that ELF64 does not have.
 */
export function readHeader(view: DataView, place: Place): ElfHeader {
  if (view.byteLength < 4 || view.getUint32(0, true) !== MAGIC) throw new UklError(elfErrors.notElf(place));
  requireRange(view.byteLength, 0, 16, 'e_ident', place);
  checkIdent(view, place);
  requireRange(view.byteLength, 0, ELF_HEADER_SIZE, 'the ELF header', place);
  const type = view.getUint16(16, true);
  const machine = view.getUint16(18, true);
  if (machine !== EM.X86_64) {
    throw new UklError(elfErrors.otherMachine(place, constantName(EM, 'EM_', machine)));
  }
  if (type !== ET.REL && type !== ET.EXEC && type !== ET.DYN) {
    throw new UklError(elfErrors.unsupportedType(place, constantName(ET, 'ET_', type)));
  }
  expectField(view.getUint32(20, true), 1, 'e_version', place);
  expectField(view.getUint16(52, true), ELF_HEADER_SIZE, 'e_ehsize', place);
  return {
    type,
    osAbi: view.getUint8(7),
    abiVersion: view.getUint8(8),
    entry: view.getBigUint64(24, true),
    flags: view.getUint32(48, true),
    ...readCounts(view, place),
  };
}

function checkIdent(view: DataView, place: Place): void {
  const elfClass = view.getUint8(4);
  const encoding = view.getUint8(5);
  if (elfClass === 1) throw new UklError(elfErrors.elfClass32(place));
  if (elfClass !== 2) throw new UklError(elfErrors.badHeader(place, 'EI_CLASS', elfClass, '2 (ELFCLASS64)'));
  if (encoding === 2) throw new UklError(elfErrors.bigEndian(place));
  if (encoding !== 1) throw new UklError(elfErrors.badHeader(place, 'EI_DATA', encoding, '1 (ELFDATA2LSB)'));
  expectField(view.getUint8(6), 1, 'EI_VERSION', place);
}

/** Offsets and counts of the two header tables. Counts that do not fit 16 bits are in section header 0. */
function readCounts(
  view: DataView,
  place: Place,
): Pick<ElfHeader, 'phoff' | 'phnum' | 'shoff' | 'shnum' | 'shstrndx'> {
  const phoff = u64AsNumber(view, 32);
  const shoff = u64AsNumber(view, 40);
  let phnum = view.getUint16(56, true);
  let shnum = view.getUint16(60, true);
  let shstrndx = view.getUint16(62, true);
  if (shoff !== 0) {
    expectField(view.getUint16(58, true), SECTION_HEADER_SIZE, 'e_shentsize', place);
    requireRange(view.byteLength, shoff, SECTION_HEADER_SIZE, 'section header 0', place);
    if (shnum === 0) shnum = u64AsNumber(view, shoff + 32);
    if (shstrndx === SHN.XINDEX) shstrndx = view.getUint32(shoff + 40, true);
    if (phnum === PN_XNUM) phnum = view.getUint32(shoff + 44, true);
    requireRange(view.byteLength, shoff, shnum * SECTION_HEADER_SIZE, 'the section header table', place);
  } else if (shnum !== 0) {
    throw new UklError(elfErrors.badHeader(place, 'e_shnum', shnum, '0, because e_shoff is 0'));
  }
  if (shstrndx !== 0 && shstrndx >= shnum) {
    throw new UklError(elfErrors.badSectionIndex(place, 'e_shstrndx', shstrndx, shnum));
  }
  if (phnum !== 0) {
    expectField(view.getUint16(54, true), PROGRAM_HEADER_SIZE, 'e_phentsize', place);
    requireRange(view.byteLength, phoff, phnum * PROGRAM_HEADER_SIZE, 'the program header table', place);
  }
  return { phoff, phnum, shoff, shnum, shstrndx };
}

function expectField(found: number, expected: number, field: string, place: Place): void {
  if (found !== expected) throw new UklError(elfErrors.badHeader(place, field, found, String(expected)));
}
