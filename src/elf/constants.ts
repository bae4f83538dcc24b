/**
 * Constants of the ELF format: System V gABI (4.1 and the 2015 draft), the x86-64 psABI and the GNU extensions of <elf.h>.
 * One object per prefix; `SHT.PROGBITS` is the specification's `SHT_PROGBITS`.
 */

export const ELF_HEADER_SIZE = 64;
export const SECTION_HEADER_SIZE = 64;
export const PROGRAM_HEADER_SIZE = 56;
export const SYMBOL_SIZE = 24;
export const RELA_SIZE = 24;
export const REL_SIZE = 16;
export const DYN_SIZE = 16;
export const COMPRESSION_HEADER_SIZE = 24;

/** e_phnum of a file whose real count is sh_info of section 0. */
export const PN_XNUM = 0xffff;

/** Object file type, e_type. */
export const ET = { NONE: 0, REL: 1, EXEC: 2, DYN: 3, CORE: 4 } as const;

/** Machine, e_machine: those a user is likely to give by mistake. */
export const EM = {
  NONE: 0,
  SPARC: 2,
  '386': 3,
  '68K': 4,
  MIPS: 8,
  PPC: 20,
  PPC64: 21,
  S390: 22,
  ARM: 40,
  SPARCV9: 43,
  IA_64: 50,
  X86_64: 62,
  AARCH64: 183,
  RISCV: 243,
  BPF: 247,
  LOONGARCH: 258,
} as const;

/** Special section indexes, st_shndx and e_shstrndx. */
export const SHN = {
  UNDEF: 0,
  LORESERVE: 0xff00,
  X86_64_LCOMMON: 0xff02,
  ABS: 0xfff1,
  COMMON: 0xfff2,
  XINDEX: 0xffff,
} as const;

/** Section type, sh_type. */
export const SHT = {
  NULL: 0,
  PROGBITS: 1,
  SYMTAB: 2,
  STRTAB: 3,
  RELA: 4,
  HASH: 5,
  DYNAMIC: 6,
  NOTE: 7,
  NOBITS: 8,
  REL: 9,
  SHLIB: 10,
  DYNSYM: 11,
  INIT_ARRAY: 14,
  FINI_ARRAY: 15,
  PREINIT_ARRAY: 16,
  GROUP: 17,
  SYMTAB_SHNDX: 18,
  RELR: 19,
  LLVM_ADDRSIG: 0x6fff4c03,
  GNU_ATTRIBUTES: 0x6ffffff5,
  GNU_HASH: 0x6ffffff6,
  GNU_LIBLIST: 0x6ffffff7,
  GNU_VERDEF: 0x6ffffffd,
  GNU_VERNEED: 0x6ffffffe,
  GNU_VERSYM: 0x6fffffff,
  X86_64_UNWIND: 0x70000001,
} as const;

/** Section flags, sh_flags. None above bit 31 is defined. */
export const SHF = {
  WRITE: 0x1,
  ALLOC: 0x2,
  EXECINSTR: 0x4,
  MERGE: 0x10,
  STRINGS: 0x20,
  INFO_LINK: 0x40,
  LINK_ORDER: 0x80,
  OS_NONCONFORMING: 0x100,
  GROUP: 0x200,
  TLS: 0x400,
  COMPRESSED: 0x800,
  GNU_RETAIN: 0x200000,
  X86_64_LARGE: 0x10000000,
  EXCLUDE: 0x80000000,
} as const;

/** Symbol binding, the high nibble of st_info. */
export const STB = { LOCAL: 0, GLOBAL: 1, WEAK: 2, GNU_UNIQUE: 10 } as const;

/** Symbol type, the low nibble of st_info. */
export const STT = {
  NOTYPE: 0,
  OBJECT: 1,
  FUNC: 2,
  SECTION: 3,
  FILE: 4,
  COMMON: 5,
  TLS: 6,
  GNU_IFUNC: 10,
} as const;

/** Symbol visibility, the low two bits of st_other. */
export const STV = { DEFAULT: 0, INTERNAL: 1, HIDDEN: 2, PROTECTED: 3 } as const;

/** Segment type, p_type. */
export const PT = {
  NULL: 0,
  LOAD: 1,
  DYNAMIC: 2,
  INTERP: 3,
  NOTE: 4,
  SHLIB: 5,
  PHDR: 6,
  TLS: 7,
  GNU_EH_FRAME: 0x6474e550,
  GNU_STACK: 0x6474e551,
  GNU_RELRO: 0x6474e552,
  GNU_PROPERTY: 0x6474e553,
} as const;

/** Segment flags, p_flags. */
export const PF = { X: 1, W: 2, R: 4 } as const;

/** First word of a section group. */
export const GRP_COMDAT = 1;

/** Compression of a section, ch_type. */
export const ELFCOMPRESS = { ZLIB: 1, ZSTD: 2 } as const;

/** Note types of owner "GNU". */
export const NT_GNU = {
  ABI_TAG: 1,
  HWCAP: 2,
  BUILD_ID: 3,
  GOLD_VERSION: 4,
  PROPERTY_TYPE_0: 5,
} as const;

/** Symbol versions: vna_flags/vd_flags and the reserved indexes. */
export const VER_FLG = { BASE: 1, WEAK: 2 } as const;
export const VER_NDX = { LOCAL: 0, GLOBAL: 1 } as const;
export const VERSYM_HIDDEN = 0x8000;
export const VERSYM_VERSION = 0x7fff;

/** Dynamic tags, d_tag: those that readers of programs ask for. */
export const DT = {
  NULL: 0,
  NEEDED: 1,
  PLTRELSZ: 2,
  HASH: 4,
  STRTAB: 5,
  SYMTAB: 6,
  RELA: 7,
  RELASZ: 8,
  RELAENT: 9,
  STRSZ: 10,
  INIT: 12,
  FINI: 13,
  SONAME: 14,
  RPATH: 15,
  SYMBOLIC: 16,
  REL: 17,
  TEXTREL: 22,
  JMPREL: 23,
  INIT_ARRAY: 25,
  FINI_ARRAY: 26,
  INIT_ARRAYSZ: 27,
  FINI_ARRAYSZ: 28,
  RUNPATH: 29,
  FLAGS: 30,
  RELRSZ: 35,
  RELR: 36,
  RELRENT: 37,
  FLAGS_1: 0x6ffffffb,
} as const;

/** Bits of DT_FLAGS_1. */
export const DF_1 = { NOW: 0x1, PIE: 0x08000000 } as const;

/**
 * The specification's name of a value: `constantName(SHT, 'SHT_', 1)` is `SHT_PROGBITS`. A value without a name
 * gives the prefix and the number in hexadecimal.
 */
export function constantName(
  constants: Readonly<Record<string, number>>,
  prefix: string,
  value: number,
): string {
  for (const [name, number] of Object.entries(constants)) if (number === value) return prefix + name;
  return `${prefix}0x${value.toString(16)}`;
}
