/** Relocation types of the x86-64 psABI 1.0 (table 4.9), with the two of GNU C++ vtables. `R_X86_64[64]` is R_X86_64_64. */
export const R_X86_64 = {
  NONE: 0,
  64: 1,
  PC32: 2,
  GOT32: 3,
  PLT32: 4,
  COPY: 5,
  GLOB_DAT: 6,
  JUMP_SLOT: 7,
  RELATIVE: 8,
  GOTPCREL: 9,
  32: 10,
  '32S': 11,
  16: 12,
  PC16: 13,
  8: 14,
  PC8: 15,
  DTPMOD64: 16,
  DTPOFF64: 17,
  TPOFF64: 18,
  TLSGD: 19,
  TLSLD: 20,
  DTPOFF32: 21,
  GOTTPOFF: 22,
  TPOFF32: 23,
  PC64: 24,
  GOTOFF64: 25,
  GOTPC32: 26,
  GOT64: 27,
  GOTPCREL64: 28,
  GOTPC64: 29,
  GOTPLT64: 30,
  PLTOFF64: 31,
  SIZE32: 32,
  SIZE64: 33,
  GOTPC32_TLSDESC: 34,
  TLSDESC_CALL: 35,
  TLSDESC: 36,
  IRELATIVE: 37,
  RELATIVE64: 38,
  PC32_BND: 39,
  PLT32_BND: 40,
  GOTPCRELX: 41,
  REX_GOTPCRELX: 42,
  CODE_4_GOTPCRELX: 43,
  CODE_4_GOTTPOFF: 44,
  CODE_4_GOTPC32_TLSDESC: 45,
  CODE_5_GOTPCRELX: 46,
  CODE_5_GOTTPOFF: 47,
  CODE_5_GOTPC32_TLSDESC: 48,
  CODE_6_GOTPCRELX: 49,
  CODE_6_GOTTPOFF: 50,
  CODE_6_GOTPC32_TLSDESC: 51,
  GNU_VTINHERIT: 250,
  GNU_VTENTRY: 251,
} as const;

const names = new Map<number, string>(
  Object.entries(R_X86_64).map(([name, type]) => [type, `R_X86_64_${name}`]),
);

/** `R_X86_64_PC32` and so on; undefined for a number that is not a type of x86-64. */
export function relocationTypeName(type: number): string | undefined {
  return names.get(type);
}

const WORD64: ReadonlySet<number> = new Set([
  R_X86_64[64],
  R_X86_64.GLOB_DAT,
  R_X86_64.JUMP_SLOT,
  R_X86_64.RELATIVE,
  R_X86_64.DTPMOD64,
  R_X86_64.DTPOFF64,
  R_X86_64.TPOFF64,
  R_X86_64.PC64,
  R_X86_64.GOTOFF64,
  R_X86_64.GOT64,
  R_X86_64.GOTPCREL64,
  R_X86_64.GOTPC64,
  R_X86_64.GOTPLT64,
  R_X86_64.PLTOFF64,
  R_X86_64.SIZE64,
  R_X86_64.IRELATIVE,
  R_X86_64.RELATIVE64,
]);

/** Types that change no bytes where they stand: markers, and COPY, whose size is the symbol's. */
const NO_FIELD: ReadonlySet<number> = new Set([
  R_X86_64.NONE,
  R_X86_64.COPY,
  R_X86_64.TLSDESC_CALL,
  R_X86_64.GNU_VTINHERIT,
  R_X86_64.GNU_VTENTRY,
]);

/**
 * How many bytes a relocation of this type changes at its offset: 0, 1, 2, 4, 8, or 16 for TLSDESC. Undefined for a number that
 * is not a type of x86-64.
 */
export function relocationFieldSize(type: number): number | undefined {
  if (!names.has(type)) return undefined;
  if (NO_FIELD.has(type)) return 0;
  if (WORD64.has(type)) return 8;
  if (type === R_X86_64.TLSDESC) return 16;
  if (type === R_X86_64[16] || type === R_X86_64.PC16) return 2;
  if (type === R_X86_64[8] || type === R_X86_64.PC8) return 1;
  return 4;
}
