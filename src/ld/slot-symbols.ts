import { UklError, linkErrors } from '../errors/index.js';
import { SHN, STB, STT, SYMBOL_SIZE } from '../elf/index.js';
import { viewOf } from '../elf/bytes.js';
import { PREFIX } from './linker-symbols.js';

/** A symbol table and its names. */
export interface SymbolBytes {
  readonly table: Uint8Array;
  readonly strings: Uint8Array;
}

/** Byte offsets in a symbol table entry. */
const ST_INFO = 4;
const ST_SHNDX = 6;
export const ST_VALUE = 8;
const ST_SIZE = 16;

/** Symbol types that have an address in the program; thread-local ones have an offset instead. */
const ADDRESS_TYPES = (1 << STT.NOTYPE) | (1 << STT.OBJECT) | (1 << STT.FUNC) | (1 << STT.GNU_IFUNC);

/** The prefix as a little-endian word, and `.L`, which begins the names of labels that compilers number. */
const PREFIX_WORD = 0x5f_6c_6b_75;
const DOT_L = 0x4c_2e;
const UNDERSCORE = 0x5f;

/** Orders of symbols at one address: see `rankOf`. */
const RANKS = 16;

/**
 * The symbol table of a program for the slot: what the program itself defines at an address of its own, in the order of the addresses. Not
 * in it are section and file symbols, thread-local and absolute ones, what only ld and its script have named, and labels without a name of
 * their own (`.L12`).
 *
 * All symbols are local: ELF wants local ones in front of the others, which would make two runs, and nobody will link against a program that is
 * in the slot. Of several at one address the first is the one that the kernel's own table would have first.
 *
 * @param base - address of the slot's start
 * @param newIndex - for each section that symbols may name its number in the new file; 0: it has none
 * @returns The table; its names are those of `strings`
 */
export function slotSymbols(
  { table: given, strings }: SymbolBytes,
  base: bigint,
  newIndex: Uint16Array,
): Uint8Array {
  const from = viewOf(given);
  const names = viewOf(strings);
  const length = Math.floor(given.length / SYMBOL_SIZE);
  const start = Number(BigInt.asUintN(32, base));

  // One number for each: its place in the slot, then its rank, then its index. So one sort of plain numbers does it all.
  const keys = new Float64Array(length);
  let count = 0;
  for (let i = 1; i < length; i++) {
    const at = i * SYMBOL_SIZE;
    const section = from.getUint16(at + ST_SHNDX, true);
    if (section === SHN.UNDEF || section >= SHN.LORESERVE || !newIndex[section]) continue;
    const info = from.getUint8(at + ST_INFO);
    const name = from.getUint32(at, true);
    if (((ADDRESS_TYPES >> (info & 15)) & 1) === 0 || !isProgramName(names, name)) continue;
    const place = (from.getUint32(at + ST_VALUE, true) - start) >>> 0;
    keys[count++] = (place * RANKS + rankOf(info, names, name)) * length + i;
  }
  const sorted = keys.subarray(0, count).sort();
  if ((sorted[count - 1] ?? 0) > Number.MAX_SAFE_INTEGER)
    throw new UklError(linkErrors.unexpectedLayout(`${length} symbols are too many for its size`));

  const table = new Uint8Array((count + 1) * SYMBOL_SIZE);
  const to = viewOf(table);
  for (let i = 0; i < count; i++) {
    const source = (sorted[i]! % length) * SYMBOL_SIZE; // in range: the loop's bound
    const target = (i + 1) * SYMBOL_SIZE;
    to.setUint32(target, from.getUint32(source, true), true);
    to.setUint8(target + ST_INFO, (STB.LOCAL << 4) | (from.getUint8(source + ST_INFO) & 15));
    to.setUint16(target + ST_SHNDX, newIndex[from.getUint16(source + ST_SHNDX, true)] ?? 0, true);
    for (const word of [ST_VALUE, ST_VALUE + 4, ST_SIZE, ST_SIZE + 4])
      to.setUint32(target + word, from.getUint32(source + word, true), true);
  }
  return table;
}

function isProgramName(names: DataView, at: number): boolean {
  if (at + PREFIX.length + 2 > names.byteLength || names.getUint32(at, true) !== PREFIX_WORD) return false;
  return names.getUint16(at + PREFIX.length, true) !== DOT_L;
}

/**
 * Low for the best of several names of one place, by the rules of the kernel's own table (scripts/kallsyms.c) and one more in front:
 * functions and objects before labels; weak names last; then those with fewer underscores at their start.
 */
function rankOf(info: number, names: DataView, name: number): number {
  const label = (info & 15) === STT.NOTYPE ? 8 : 0;
  const weak = info >> 4 === STB.WEAK ? 4 : 0;
  let underscores = 0;
  while (underscores < 3 && names.getUint8(name + PREFIX.length + underscores) === UNDERSCORE) underscores++;
  return label + weak + underscores;
}
