import { linkErrors, type Diagnostic, type Reference } from '../errors/index.js';
import { isDefinedByLinker } from '../ld/linker-symbols.js';
import { functionAt } from './enclosing.js';
import { keptRelocations } from './kept-relocations.js';
import type { LinkedObject, Resolution } from './resolve.js';

/** UKL2011 for every symbol that nothing defines, with everything that refers to it, in link order. */
export function undefinedSymbols(resolution: Resolution): Diagnostic[] {
  const sections = lazySectionNames(resolution.objects);
  const missing = new Set(
    resolution.undefinedNames.filter((name) => !isDefinedByLinker(name, (s) => sections().has(s))),
  );
  if (missing.size === 0) return [];
  const references = new Map<string, Reference[]>();
  for (const object of resolution.objects) collectReferences(object, missing, references);
  // A name that only discarded sections refer to is not missed by anyone; ld does not ask for it either.
  return [...references].map(([name, list]) => linkErrors.undefinedSymbol(name, list));
}

function collectReferences(
  object: LinkedObject,
  missing: ReadonlySet<string>,
  into: Map<string, Reference[]>,
): void {
  if (!object.input.facts.needed.some((name) => missing.has(name))) return;
  const { elf } = object.input;
  const { symbols } = elf;
  if (symbols === undefined) return;
  const wanted = new Map<number, string>();
  for (let i = symbols.firstGlobal; i < symbols.length; i++) {
    const name = symbols.name(i);
    if (symbols.isUndefined(i) && missing.has(name)) wanted.set(i, name);
  }
  for (const { section, table } of keptRelocations(object)) {
    for (let r = 0; r < table.length; r++) {
      const name = wanted.get(table.symbol(r));
      if (name === undefined) continue;
      const offset = table.offset(r);
      const enclosing = functionAt(elf, section.index, offset);
      const reference = {
        ...section.place,
        offset,
        ...(enclosing === undefined ? {} : { function: enclosing }),
      };
      const list = into.get(name);
      if (list === undefined) into.set(name, [reference]);
      else list.push(reference);
    }
  }
}

function lazySectionNames(objects: readonly LinkedObject[]): () => ReadonlySet<string> {
  let names: Set<string> | undefined;
  return () => (names ??= new Set(objects.flatMap(({ input }) => input.facts.sections)));
}
