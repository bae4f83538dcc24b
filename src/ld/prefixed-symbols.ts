import { SYMBOL_SIZE, type ElfFile } from '../elf/index.js';
import { viewOf } from '../elf/bytes.js';
import { StringTableBuilder } from '../elf/edit/string-table-builder.js';
import { PREFIX, isLinkerName } from './linker-symbols.js';
import type { SymbolBytes } from './slot-symbols.js';

const prefix = Buffer.from(PREFIX);

/**
 * The symbols of an executable that somebody else has linked, under the names that they would have in one linked here: with `ukl_` in front, but for those
 * that a linker has made. A symbol whose value is no address below `end` loses its name. Throws UKL1010 for a name that is none.
 */
export function prefixedSymbols({ symbols }: ElfFile, end: number): SymbolBytes | undefined {
  if (symbols === undefined) return undefined;
  const table = symbols.section.contents.slice();
  const view = viewOf(table);
  const builder = new StringTableBuilder(symbols.strings.bytes, false, symbols.section);
  for (let i = 1; i < symbols.length; i++) {
    const offset = symbols.nameOffset(i);
    const isNamed = offset !== 0 && symbols.value(i) < BigInt(end) && !isLinkerName(symbols.name(i));
    view.setUint32(i * SYMBOL_SIZE, isNamed ? builder.addPrefixed(prefix, offset) : 0, true);
  }
  return { table, strings: builder.finish() };
}
