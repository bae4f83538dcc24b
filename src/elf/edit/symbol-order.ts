import { viewOf } from '../bytes.js';
import { RELA_SIZE, REL_SIZE, SHN, SHT, STB, SYMBOL_SIZE } from '../constants.js';
import { UklError, elfErrors } from '../../errors/index.js';
import type { ElfEdit } from './elf-edit.js';
import type { SectionEdit } from './section-edit.js';
import type { SymbolEdit } from './symbol-edit.js';

/** Gives symbols their final indexes, and every table that names symbols by index the new ones. */
export function settleSymbols(edit: ElfEdit, symbols: SymbolEdit): void {
  settleExtendedIndexes(edit, symbols);
  if (!symbols.orderChanged) return;
  const { order, locals } = localsFirst(symbols);
  const final = new Uint32Array(order.length);
  order.forEach((handle, index) => (final[handle] = index));
  reorder(symbols.section, order, SYMBOL_SIZE);
  symbols.section.info = locals;
  const names = new Map(symbols.names);
  symbols.names.clear();
  for (const [handle, name] of names) symbols.names.set(final[handle] ?? 0, name);
  if (symbols.prefix !== undefined) {
    const { bytes, selects } = symbols.prefix;
    symbols.prefix = { bytes, selects: (index) => selects(order[index] ?? 0) };
  }
  for (let i = 1; i < edit.sectionCount; i++) {
    const section = edit.section(i);
    if (section.link === symbols.section.index) renumber(section, order, final);
  }
}

/** Handles in their final order: stable, local symbols first. */
function localsFirst(symbols: SymbolEdit): { order: Uint32Array; locals: number } {
  const view = symbols.section.writableView();
  const count = symbols.length;
  const isLocal = (handle: number): boolean => view.getUint8(handle * SYMBOL_SIZE + 4) >> 4 === STB.LOCAL;
  const order = new Uint32Array(count);
  let locals = 0;
  for (let handle = 0; handle < count; handle++) if (isLocal(handle)) order[locals++] = handle;
  let next = locals;
  for (let handle = 0; handle < count; handle++) if (!isLocal(handle)) order[next++] = handle;
  return { order, locals };
}

/** Puts the `size`-byte entries of a section into the given order; entries that `order` does not name stay behind. */
function reorder(section: SectionEdit, order: Uint32Array, size: number): void {
  const old = section.contents;
  const sorted = new Uint8Array(old);
  order.forEach((from, to) => sorted.set(old.subarray(from * size, (from + 1) * size), to * size));
  section.setContents(sorted);
}

/** Gives the symbol references of one section, whose sh_link is the symbol table, their new numbers. */
function renumber(section: SectionEdit, order: Uint32Array, final: Uint32Array): void {
  const finalOf = (handle: number): number => {
    const index = final[handle];
    if (index !== undefined) return index;
    throw new UklError(elfErrors.badSymbolIndex(section.place, 'a reference', handle, final.length));
  };
  switch (section.type) {
    case SHT.RELA:
      renumberRelocations(section, RELA_SIZE, finalOf);
      break;
    case SHT.REL:
      renumberRelocations(section, REL_SIZE, finalOf);
      break;
    case SHT.GROUP:
      section.info = finalOf(section.info);
      break;
    case SHT.SYMTAB_SHNDX:
      reorder(section, order, 4);
      break;
    case SHT.LLVM_ADDRSIG:
      section.setContents(renumberAddressSignificance(section, finalOf));
      break;
    default:
      break;
  }
}

function renumberRelocations(section: SectionEdit, size: number, finalOf: (handle: number) => number): void {
  const view = section.writableView();
  for (let at = 12; at + 4 <= section.size; at += size) {
    const symbol = view.getUint32(at, true);
    if (symbol !== 0) view.setUint32(at, finalOf(symbol), true);
  }
}

/** SHT_LLVM_ADDRSIG is a list of symbol indexes as ULEB128 numbers. */
function renumberAddressSignificance(section: SectionEdit, finalOf: (handle: number) => number): Uint8Array {
  const out: number[] = [];
  let value = 0;
  let scale = 1;
  for (const byte of section.contents) {
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if ((byte & 0x80) !== 0) continue;
    let rest = finalOf(value);
    for (; rest > 0x7f; rest >>>= 7) out.push((rest & 0x7f) | 0x80);
    out.push(rest);
    value = 0;
    scale = 1;
  }
  return Uint8Array.from(out);
}

/** Writes section indexes that do not fit st_shndx to SHT_SYMTAB_SHNDX, which it makes when there is none yet. */
function settleExtendedIndexes(edit: ElfEdit, symbols: SymbolEdit): void {
  const { section, extendedIndexes } = symbols;
  if (edit.headers.firstOfType(SHT.SYMTAB_SHNDX) === 0 && extendedIndexes.size === 0) return;
  let table = edit.findSection((s) => s.type === SHT.SYMTAB_SHNDX && s.link === section.index);
  table ??= edit.addSection({
    name: '.symtab_shndx',
    type: SHT.SYMTAB_SHNDX,
    link: section.index,
    align: 4,
    entrySize: 4,
  });
  const missing = symbols.length * 4 - table.size;
  if (missing > 0) table.append(new Uint8Array(missing));
  if (!section.isReplaced) return;
  const words = viewOf(table.writable());
  const entries = viewOf(section.contents);
  for (let handle = 0; handle < symbols.length; handle++) {
    const extended = entries.getUint16(handle * SYMBOL_SIZE + 6, true) === SHN.XINDEX;
    if (!extended) words.setUint32(handle * 4, 0, true);
  }
  for (const [handle, index] of extendedIndexes) words.setUint32(handle * 4, index, true);
}
