import { linkErrors, type Diagnostic, type Place } from '../errors/index.js';
import { STB, relocationTypeName, type ElfFile, type SymbolTable } from '../elf/index.js';
import { functionAt } from './enclosing.js';
import { DEFINITION, TOO_NARROW } from './facts.js';
import { keptRelocations } from './kept-relocations.js';
import type { LinkedObject, Resolution } from './resolve.js';

/** UKL2013 for every section with relocations that cannot hold an address in the slot: the first, and how many there are. */
export function relocationsOutOfReach(resolution: Resolution): Diagnostic[] {
  return resolution.objects
    .filter(({ input }) => input.facts.narrow)
    .flatMap((object) => outOfReach(object, resolution));
}

function outOfReach(object: LinkedObject, resolution: Resolution): Diagnostic[] {
  const { elf } = object.input;
  const { symbols } = elf;
  if (symbols === undefined) return [];
  const found = new Map<string, { type: number; place: Place; count: number }>();
  for (const { section, table } of keptRelocations(object)) {
    for (let r = 0; r < table.length; r++) {
      const type = table.type(r);
      if (!TOO_NARROW.has(type) || !isAddress(symbols, table.symbol(r), resolution)) continue;
      const key = `${section.index} ${type}`;
      const earlier = found.get(key);
      if (earlier !== undefined) earlier.count++;
      else
        found.set(key, {
          type,
          place: placeOf(elf, section.index, table.offset(r), table.symbol(r)),
          count: 1,
        });
    }
  }
  return [...found.values()].map(({ type, place, count }) =>
    linkErrors.relocationOutOfReach(relocationTypeName(type) ?? String(type), place, count),
  );
}

/** Whether the symbol is a place in the program: not an absolute value, and not a weak reference that stays null. */
function isAddress(symbols: SymbolTable, index: number, resolution: Resolution): boolean {
  if (index === 0 || symbols.isAbsolute(index)) return false;
  if (!symbols.isUndefined(index)) return true;
  const kind = resolution.kindOf(symbols.name(index));
  return kind === undefined ? symbols.binding(index) !== STB.WEAK : kind !== DEFINITION.ABSOLUTE;
}

function placeOf(elf: ElfFile, section: number, offset: number, symbol: number): Place {
  const name = elf.symbols?.name(symbol);
  const enclosing = functionAt(elf, section, offset);
  // A section symbol has no name of its own; the function that holds the relocation is then the better pointer.
  const label = name === undefined || name === '' ? enclosing : name;
  return { ...elf.section(section).place, offset, ...(label === undefined ? {} : { symbol: label }) };
}
