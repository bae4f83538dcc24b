import { SHT, type RelocationTable, type Section } from '../elf/index.js';
import type { LinkedObject } from './resolve.js';

/** The relocation tables of an object whose section becomes part of the program's memory. */
export function* keptRelocations(
  object: LinkedObject,
): IterableIterator<{ readonly section: Section; readonly table: RelocationTable }> {
  for (const table of object.elf.relocationTables()) {
    const section = object.elf.section(table.targetIndex);
    if (!section.isAllocated || section.type === SHT.NULL || object.discarded.has(section.index)) continue;
    yield { section, table };
  }
}
