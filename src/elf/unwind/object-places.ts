import type { ElfFile } from '../elf-file.js';
import type { RelocationTable } from '../relocation-table.js';
import type { Section } from '../section.js';

/** A place in an object: an offset in one of its sections. Where a relocated address points may lie outside of the section. */
export interface SectionOffset {
  readonly section: number;
  readonly offset: number;
}

/** A relocation found by where it applies. */
export interface RelocationAt {
  readonly table: RelocationTable;
  readonly index: number;
}

const known = new WeakMap<Section, ReadonlyMap<number, RelocationAt>>();

/** The relocations of one section of an object by the offset they apply to; of several at one offset, the first. Collected once. */
export function relocationsByOffset(elf: ElfFile, section: Section): ReadonlyMap<number, RelocationAt> {
  const old = known.get(section);
  if (old !== undefined) return old;
  const found = new Map<number, RelocationAt>();
  known.set(section, found);
  for (const table of elf.relocationsOf(section)) {
    for (let index = 0; index < table.length; index++) {
      const offset = table.offset(index);
      if (!found.has(offset)) found.set(offset, { table, index });
    }
  }
  return found;
}

/** The place S + A that a relocation names; undefined when the object does not define its symbol in a section. */
export function relocatedPlace(elf: ElfFile, { table, index }: RelocationAt): SectionOffset | undefined {
  const symbol = table.symbol(index);
  const section = elf.symbols?.sectionIndex(symbol);
  if (elf.symbols === undefined || section === undefined) return undefined;
  return { section, offset: elf.symbols.valueNumber(symbol) + table.addendNumber(index) };
}
