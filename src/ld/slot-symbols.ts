import { UklError, linkErrors } from '../errors/index.js';
import { SHN, STB, STT, SYMBOL_SIZE } from '../elf/index.js';
import { wordsOf } from '../elf/bytes.js';
import { PREFIX } from './linker-symbols.js';

/** A symbol table and its names. */
export interface SymbolBytes {
  readonly table: Uint8Array;
  readonly strings: Uint8Array;
}

/** Byte offset of a symbol table entry's address. */
export const ST_VALUE = 8;

/** 32-bit words of an entry (Elf64_Sym): st_name; st_info, st_other and st_shndx; st_value; st_size. */
const SYMBOL_WORDS = SYMBOL_SIZE / 4;
const W_INFO = 1;
const W_VALUE = 2;

/** Symbol types that have an address in the program; thread-local ones have an offset instead. */
const ADDRESS_TYPES = (1 << STT.NOTYPE) | (1 << STT.OBJECT) | (1 << STT.FUNC) | (1 << STT.GNU_IFUNC);

const PREFIX_BYTES = Buffer.from(PREFIX, 'latin1');
const UNDERSCORE = 0x5f;
/** `.L` begins the names of labels that compilers number. */
const DOT = 0x2e;
const UPPER_L = 0x4c;

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
  { table: given, strings: names }: SymbolBytes,
  base: bigint,
  newIndex: Uint16Array,
): Uint8Array {
  const from = wordsOf(given);
  const length = Math.floor(given.length / SYMBOL_SIZE);
  const start = Number(BigInt.asUintN(32, base));

  // One number for each: its place in the slot, then its rank, then its index. So one sort of plain numbers does it all.
  const keys = new Float64Array(length);
  let count = 0;
  for (let i = 1, at = SYMBOL_WORDS; i < length; i++, at += SYMBOL_WORDS) {
    // In range: the loop's bound.
    const word = from[at + W_INFO]!;
    const section = word >>> 16;
    if (section === SHN.UNDEF || section >= SHN.LORESERVE || (newIndex[section] ?? 0) === 0) continue;
    const name = from[at]!;
    if (((ADDRESS_TYPES >> (word & 15)) & 1) === 0 || !isProgramName(names, name)) continue;
    const place = (from[at + W_VALUE]! - start) >>> 0;
    keys[count++] = (place * RANKS + rankOf(word & 0xff, names, name)) * length + i;
  }
  const sorted = keys.subarray(0, count).sort();
  if ((sorted[count - 1] ?? 0) > Number.MAX_SAFE_INTEGER)
    throw new UklError(linkErrors.unexpectedLayout(`${length} symbols are too many for its size`));

  const table = new Uint8Array((count + 1) * SYMBOL_SIZE);
  const to = wordsOf(table);
  for (let i = 0, target = SYMBOL_WORDS; i < count; i++, target += SYMBOL_WORDS) {
    const source = (sorted[i]! % length) * SYMBOL_WORDS;
    const word = from[source + W_INFO]!;
    to[target] = from[source]!;
    to[target + W_INFO] = (newIndex[word >>> 16]! << 16) | (STB.LOCAL << 4) | (word & 15);
    for (let k = W_VALUE; k < SYMBOL_WORDS; k++) to[target + k] = from[source + k]!;
  }
  return table;
}

/** Whether the name at this offset begins with the prefix, and does not go on as a label that a compiler has numbered. */
function isProgramName(names: Uint8Array, at: number): boolean {
  for (let i = 0; i < PREFIX_BYTES.length; i++) if (names[at + i] !== PREFIX_BYTES[i]) return false;
  const rest = at + PREFIX_BYTES.length;
  return names[rest] !== DOT || names[rest + 1] !== UPPER_L;
}

/**
 * Low for the best of several names of one place, by the rules of the kernel's own table (scripts/kallsyms.c) and one more in front:
 * functions and objects before labels; weak names last; then those with fewer underscores at their start.
 */
function rankOf(info: number, names: Uint8Array, name: number): number {
  const label = (info & 15) === STT.NOTYPE ? 8 : 0;
  const weak = info >> 4 === STB.WEAK ? 4 : 0;
  let underscores = 0;
  while (underscores < 3 && names[name + PREFIX.length + underscores] === UNDERSCORE) underscores++;
  return label + weak + underscores;
}
