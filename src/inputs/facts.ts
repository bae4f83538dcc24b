import { KERNEL_NAME } from '../rewrite/index.js';
import { R_X86_64, SHT, STB, readGroups, type ElfFile, type RelocationTable } from '../elf/index.js';

/** How an object defines a global symbol. The order is the order of strength. */
export const DEFINITION = { WEAK: 0, COMMON: 1, STRONG: 2, ABSOLUTE: 3 } as const;

/**
 * What symbol resolution asks of an object: enough to decide what takes part in a link, and whether to look at the object itself. Plain
 * data, so that the facts of a system library can be kept from one link to the next.
 */
export interface ObjectFacts {
  /** Global symbols: name, a DEFINITION, and the position in `groups` of what they are linked or dropped with (-1: nothing). */
  readonly defined: readonly (readonly [name: string, kind: number, group: number])[];
  /** Names that must be defined somewhere: undefined symbols that are not weak. */
  readonly needed: readonly string[];
  /** COMDAT groups and `.gnu.linkonce.` sections, of which a link keeps the first of each name. */
  readonly groups: readonly string[];
  /** Names of sections that are C identifiers, for which ld defines `__start_NAME` and `__stop_NAME`. */
  readonly sections: readonly string[];
  /** `.gnu.warning.SYMBOL`: the symbol and the text. */
  readonly warnings: readonly (readonly [symbol: string, text: string])[];
  /** Bytes of memory that its sections take, those in groups not counted. */
  readonly size: number;
  /** Whether there are relocations that may not reach the slot. */
  readonly narrow: boolean;
}

/** Raised whenever `factsOf` finds something else: facts of another version are not taken from the cache. */
export const FACTS_VERSION = 3;

/** Absolute relocations too narrow for an address of the top 2 GiB: zero-extended 32 bits, and less. */
export const TOO_NARROW: ReadonlySet<number> = new Set([R_X86_64[32], R_X86_64[16], R_X86_64[8]]);

const LINKONCE = '.gnu.linkonce.';
const WARNING = '.gnu.warning.';

export function factsOf(elf: ElfFile): ObjectFacts {
  const groups = groupsOf(elf);
  const sections: string[] = [];
  const warnings: [string, string][] = [];
  let size = 0;
  for (const section of elf.sections) {
    const { name } = section;
    if (/^[A-Za-z_]\w*$/.test(name)) sections.push(name);
    if (name.startsWith(WARNING)) {
      const text = Buffer.from(section.contents).toString('utf8').replace(/\0+$/, '');
      warnings.push([name.slice(WARNING.length), text]);
    }
    if (section.isAllocated && !groups.of.has(section.index)) size += section.size;
  }
  return {
    ...symbolFacts(elf, groups.of),
    groups: groups.names,
    sections,
    warnings,
    size,
    narrow: elf.relocationTables().some((table) => isLoaded(elf, table) && hasNarrow(table)),
  };
}

/** The groups of an object by name, in a fixed order, and the position of each section's in that list. */
export function groupsOf(elf: ElfFile): {
  readonly names: readonly string[];
  readonly of: ReadonlyMap<number, number>;
} {
  const names: string[] = [];
  const of = new Map<number, number>();
  for (const { isComdat, signature, members } of readGroups(elf)) {
    if (!isComdat) continue;
    for (const member of members) of.set(member, names.length);
    names.push(`group ${signature}`);
  }
  for (const section of elf.sections) {
    if (!section.name.startsWith(LINKONCE)) continue;
    of.set(section.index, names.length);
    names.push(section.name);
  }
  return { names, of };
}

/** Whether a relocation table applies to a section that becomes part of the program's memory. */
export function isLoaded(elf: ElfFile, table: RelocationTable): boolean {
  const target = elf.section(table.targetIndex);
  return target.isAllocated && target.type !== SHT.NULL;
}

function symbolFacts(
  { symbols }: ElfFile,
  groupOf: ReadonlyMap<number, number>,
): Pick<ObjectFacts, 'defined' | 'needed'> {
  const defined: [string, number, number][] = [];
  const needed: string[] = [];
  if (symbols === undefined) return { defined, needed };
  for (let i = symbols.firstGlobal; i < symbols.length; i++) {
    const isWeak = symbols.binding(i) === STB.WEAK;
    if (symbols.isUndefined(i)) {
      // A weak reference may stay null, but not to a name that would become the kernel's.
      if (!isWeak || symbols.name(i) === KERNEL_NAME) needed.push(symbols.name(i));
      continue;
    }
    const section = symbols.sectionIndex(i);
    const kind = symbols.isCommon(i)
      ? DEFINITION.COMMON
      : isWeak
        ? DEFINITION.WEAK
        : symbols.isAbsolute(i)
          ? DEFINITION.ABSOLUTE
          : DEFINITION.STRONG;
    const group = section === undefined ? undefined : groupOf.get(section);
    defined.push([symbols.name(i), kind, group ?? -1]);
  }
  return { defined, needed };
}

function hasNarrow(table: RelocationTable): boolean {
  for (let i = 0; i < table.length; i++) if (TOO_NARROW.has(table.type(i))) return true;
  return false;
}
