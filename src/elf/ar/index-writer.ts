import { viewOf } from '../bytes.js';
import { SHN, STB } from '../constants.js';
import type { ElfFile } from '../elf-file.js';
import { AR_HEADER_SIZE } from './header.js';

/** A symbol for the index, and where its member's header would be if there were no index in front of it. */
export interface IndexEntry {
  readonly name: string;
  readonly offset: number;
}

const MAX_32 = 0xffff_ffff;

/**
 * The names that an archive's index lists for an object, in the symbol table's order: defined global, weak and unique symbols and
 * common blocks, as GNU ar chooses them.
 */
export function indexedSymbols(elf: ElfFile): string[] {
  const { symbols } = elf;
  const names: string[] = [];
  if (symbols === undefined) return names;
  for (let i = 1; i < symbols.length; i++) {
    const binding = symbols.binding(i);
    const visible = binding === STB.GLOBAL || binding === STB.WEAK || binding === STB.GNU_UNIQUE;
    if (visible && symbols.rawSectionIndex(i) !== SHN.UNDEF) names.push(symbols.name(i));
  }
  return names;
}

/** GNU index: count and header offsets, big-endian, then the names; in 64-bit words when `end`, the size without it, asks for them. */
export function encodeGnuIndex(
  entries: readonly IndexEntry[],
  end: number,
): { data: Uint8Array; wide: boolean } {
  const names = namesOf(entries);
  const size = (word: 4 | 8): number => {
    const exact = word * (entries.length + 1) + names.length;
    return exact + (exact % 2);
  };
  const wide = end + AR_HEADER_SIZE + size(4) > MAX_32;
  const word = wide ? 8 : 4;
  const data = new Uint8Array(size(word));
  const view = viewOf(data);
  const shift = AR_HEADER_SIZE + data.length;
  const put = (at: number, value: number): void => {
    if (wide) view.setBigUint64(at, BigInt(value));
    else view.setUint32(at, value);
  };
  put(0, entries.length);
  entries.forEach(({ offset }, i) => put(word * (i + 1), offset + shift));
  data.set(names, word * (entries.length + 1));
  return { data, wide };
}

/** BSD index: pairs of string offset and header offset, then the strings, little-endian, with the sizes of both tables. */
export function encodeBsdIndex(entries: readonly IndexEntry[], end: number): Uint8Array | 'too large' {
  const names = namesOf(entries);
  const pairs = 8 * entries.length;
  const exact = 8 + pairs + names.length;
  const data = new Uint8Array(exact + (exact % 2));
  const shift = AR_HEADER_SIZE + data.length;
  if (end + shift > MAX_32) return 'too large';
  const view = viewOf(data);
  view.setUint32(0, pairs, true);
  let nameAt = 0;
  entries.forEach(({ name, offset }, i) => {
    view.setUint32(4 + i * 8, nameAt, true);
    view.setUint32(8 + i * 8, offset + shift, true);
    nameAt += Buffer.byteLength(name, 'utf8') + 1;
  });
  view.setUint32(4 + pairs, names.length + (exact % 2), true);
  data.set(names, 8 + pairs);
  return data;
}

function namesOf(entries: readonly IndexEntry[]): Buffer {
  return Buffer.from(entries.map((e) => `${e.name}\0`).join(''), 'utf8');
}
