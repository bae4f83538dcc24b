import { UklError, elfErrors } from '../errors/index.js';
import { viewOf } from './bytes.js';
import { SHT, VERSYM_HIDDEN, VERSYM_VERSION, VER_FLG } from './constants.js';
import type { ElfFile } from './elf-file.js';
import type { Section } from './section.js';

/** A version that this file defines (SHT_GNU_verdef). */
export interface VersionDefinition {
  readonly index: number;
  readonly name: string;
  /** Versions it inherits from. */
  readonly parents: readonly string[];
  /** The file's own name, not a version of symbols (VER_FLG_BASE). */
  readonly isBase: boolean;
}

/** A version that this file needs of another (SHT_GNU_verneed). */
export interface VersionNeed {
  readonly index: number;
  readonly name: string;
  readonly file: string;
  readonly isWeak: boolean;
}

/** The version of one dynamic symbol. */
export interface SymbolVersion {
  readonly name: string;
  /** Not the default version: `name@VERSION`, not `name@@VERSION`. */
  readonly hidden: boolean;
  /** The library it comes from, when it is needed and not defined. */
  readonly file?: string;
}

/** Symbol versions of a file's dynamic symbols (Linux Standard Base, "Symbol Versioning"). Get them with `readVersions`. */
export class SymbolVersions {
  readonly definitions: readonly VersionDefinition[];
  readonly needs: readonly VersionNeed[];
  readonly #symbols: DataView;
  readonly #byIndex = new Map<number, { name: string; file?: string }>();

  constructor(definitions: VersionDefinition[], needs: VersionNeed[], symbols: DataView) {
    this.definitions = definitions;
    this.needs = needs;
    this.#symbols = symbols;
    for (const { index, name, isBase } of definitions) if (!isBase) this.#byIndex.set(index, { name });
    for (const { index, name, file } of needs) this.#byIndex.set(index, { name, file });
  }

  /** Version of the dynamic symbol with this index; undefined for unversioned ones (VER_NDX_LOCAL, VER_NDX_GLOBAL). */
  of(symbol: number): SymbolVersion | undefined {
    if (symbol < 0 || symbol * 2 + 2 > this.#symbols.byteLength) return undefined;
    const word = this.#symbols.getUint16(symbol * 2, true);
    const version = this.#byIndex.get(word & VERSYM_VERSION);
    return version === undefined ? undefined : { ...version, hidden: (word & VERSYM_HIDDEN) !== 0 };
  }
}

/** The symbol versions of a file; undefined when it has none. Throws UKL1020 when a table does not hold together. */
export function readVersions(elf: ElfFile): SymbolVersions | undefined {
  const symbols = elf.sectionOfType(SHT.GNU_VERSYM);
  if (symbols === undefined) return undefined;
  const definitions = elf.sectionOfType(SHT.GNU_VERDEF);
  const needs = elf.sectionOfType(SHT.GNU_VERNEED);
  return new SymbolVersions(
    definitions === undefined ? [] : readDefinitions(definitions),
    needs === undefined ? [] : readNeeds(needs),
    viewOf(symbols.contents),
  );
}

const VERDEF_SIZE = 20;
const VERDAUX_SIZE = 8;
const VERNEED_SIZE = 16;
const VERNAUX_SIZE = 16;

function readDefinitions(section: Section): VersionDefinition[] {
  const view = viewOf(section.contents);
  const strings = section.elf.stringTable(section.link, section);
  const budget = { left: Math.ceil(section.size / VERDAUX_SIZE) };
  return walk(section, 0, section.info, VERDEF_SIZE, 16, budget).map((at) => {
    const count = view.getUint16(at + 6, true);
    const first = at + view.getUint32(at + 12, true);
    const names = walk(section, first, count, VERDAUX_SIZE, 4, budget).map((aux) =>
      strings.at(view.getUint32(aux, true)),
    );
    const [name, ...parents] = names;
    if (name === undefined) throw bad(section, at, 'a definition has no name');
    const isBase = (view.getUint16(at + 2, true) & VER_FLG.BASE) !== 0;
    return { index: view.getUint16(at + 4, true) & VERSYM_VERSION, name, parents, isBase };
  });
}

function readNeeds(section: Section): VersionNeed[] {
  const view = viewOf(section.contents);
  const strings = section.elf.stringTable(section.link, section);
  const budget = { left: Math.ceil(section.size / VERNAUX_SIZE) };
  return walk(section, 0, section.info, VERNEED_SIZE, 12, budget).flatMap((at) => {
    const file = strings.at(view.getUint32(at + 4, true));
    const first = at + view.getUint32(at + 8, true);
    return walk(section, first, view.getUint16(at + 2, true), VERNAUX_SIZE, 12, budget).map((aux) => ({
      index: view.getUint16(aux + 6, true) & VERSYM_VERSION,
      name: strings.at(view.getUint32(aux + 8, true)),
      file,
      isWeak: (view.getUint16(aux + 4, true) & VER_FLG.WEAK) !== 0,
    }));
  });
}

/**
 * Offsets of up to `count` entries of a chain: each is `size` bytes, and the word at `nextField` in it says how far the next one
 * is, 0 for the last. `budget` bounds all chains of a section together, so that chains that share entries end as well.
 */
function walk(
  section: Section,
  first: number,
  count: number,
  size: number,
  nextField: number,
  budget: { left: number },
): number[] {
  const view = viewOf(section.contents);
  const offsets: number[] = [];
  for (let at = first; offsets.length < count;) {
    if (at + size > view.byteLength) throw bad(section, at, 'an entry lies outside of the section');
    if (budget.left-- <= 0) throw bad(section, at, 'the chains have more entries than the section can hold');
    offsets.push(at);
    const next = view.getUint32(at + nextField, true);
    if (next === 0) break;
    at += next;
  }
  return offsets;
}

function bad(section: Section, offset: number, why: string): UklError {
  return new UklError(elfErrors.badVersions(section.place, offset, why));
}
