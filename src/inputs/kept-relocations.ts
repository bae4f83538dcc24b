import type { RelocationTable, Section } from '../elf/index.js';
import { groupsOf, isLoaded } from './facts.js';
import type { LinkedObject } from './resolve.js';

/** The relocation tables of an object whose section becomes part of the program's memory. */
export function* keptRelocations({
  input: { elf },
  discarded,
}: LinkedObject): IterableIterator<{ readonly section: Section; readonly table: RelocationTable }> {
  const groups = groupsOf(elf);
  for (const table of elf.relocationTables()) {
    if (!isLoaded(elf, table) || discarded.has(groups.of.get(table.targetIndex) ?? -1)) continue;
    yield { section: elf.section(table.targetIndex), table };
  }
}
