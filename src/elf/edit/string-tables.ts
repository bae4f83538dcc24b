import { UklError, elfErrors } from '../../errors/index.js';
import { SECTION_HEADER_SIZE, SHF, SHT, SYMBOL_SIZE } from '../constants.js';
import type { ElfEdit } from './elf-edit.js';
import type { SectionEdit } from './section-edit.js';
import { StringTableBuilder } from './string-table-builder.js';
import type { SymbolEdit } from './symbol-edit.js';

/**
 * Writes changed symbol names to the symbols' string table. When every user of the table is known (symbol table and section
 * headers) it is made anew, without the old names; else the new names go behind the old ones. Runs after `settleSymbols`.
 */
export function settleSymbolNames(edit: ElfEdit, symbols: SymbolEdit): void {
  const { names, prefix } = symbols;
  if (names.size === 0 && prefix === undefined) return;
  const table = edit.section(symbols.section.link);
  const alone = onlyKnownUsers(edit, symbols.section, table);
  const old = table.contents;
  const builder = new StringTableBuilder(old, !alone, table);
  const view = symbols.section.writableView();
  // The null symbol has no name, or one that nobody means; it is kept as it is.
  for (let index = 0; index < symbols.length; index++) {
    const at = index * SYMBOL_SIZE;
    const name = names.size === 0 ? undefined : names.get(index);
    if (name !== undefined) {
      view.setUint32(at, builder.add(name), true);
      continue;
    }
    const offset = view.getUint32(at, true);
    if (offset === 0) continue;
    const selected = index > 0 && prefix?.selects(index) === true;
    if (selected) view.setUint32(at, builder.addPrefixed(prefix.bytes, offset), true);
    else if (alone) view.setUint32(at, builder.keep(offset), true);
  }
  if (alone && table.index === edit.elf.header.shstrndx) keepSectionNames(edit, builder);
  replaceStrings(table, builder);
}

/** Writes the names of new sections behind those of the old ones. */
export function settleSectionNames(edit: ElfEdit, names: ReadonlyMap<number, string>): void {
  if (names.size === 0) return;
  const table = edit.section(edit.elf.header.shstrndx);
  const builder = new StringTableBuilder(table.contents, true, table);
  for (const [index, name] of names) {
    edit.headers.writable.setUint32(index * SECTION_HEADER_SIZE, builder.add(name), true);
  }
  replaceStrings(table, builder);
}

function replaceStrings(table: SectionEdit, builder: StringTableBuilder): void {
  const bytes = builder.finish();
  if (bytes.length > 0xffff_ffff) {
    throw new UklError(elfErrors.tooManyBytes(table.place, 'the string table', bytes.length, 0xffff_ffff));
  }
  table.setContents(bytes);
}

/** Places of fields in Elf64_Shdr. */
const SH_TYPE = 4;
const SH_LINK = 40;

/** Whether only the symbol table and, perhaps, the section headers use this string table, and no program at run time. */
function onlyKnownUsers(edit: ElfEdit, symbols: SectionEdit, table: SectionEdit): boolean {
  if ((table.flags & SHF.ALLOC) !== 0) return false;
  const { headers } = edit;
  for (let i = 1; i < headers.count; i++) {
    if (headers.get32(i, SH_LINK) !== table.index || i === symbols.index) continue;
    if (headers.get32(i, SH_TYPE) !== SHT.NULL) return false;
  }
  return true;
}

function keepSectionNames(edit: ElfEdit, builder: StringTableBuilder): void {
  const view = edit.headers.writable;
  for (let i = 0; i < edit.headers.count; i++) {
    const at = i * SECTION_HEADER_SIZE;
    const offset = view.getUint32(at, true);
    if (offset !== 0) view.setUint32(at, builder.keep(offset), true);
  }
}
