import { linkErrors, type Diagnostic, type Place } from '../errors/index.js';
import type { ElfFile, ElfSymbol } from '../elf/index.js';
import type { InputArchive } from './archive.js';
import type { LinkSettings } from './arguments.js';
import { DEFINITION } from './facts.js';
import type { InputObject } from './object.js';
import { symbolsOf } from './expression.js';
import { definedNames } from './versioned-names.js';

/** What options say of symbols; see LinkSettings. */
type ResolutionSettings = Partial<
  Pick<LinkSettings, 'wanted' | 'defined' | 'wrapped' | 'entry' | 'multipleDefinitions'>
>;

/** An object that takes part in the link. */
export interface LinkedObject {
  readonly input: InputObject;
  /** Groups of the object (positions in its facts) that are left out because an earlier object brought the same ones. */
  readonly discarded: ReadonlySet<number>;
}

interface Definition {
  readonly object: LinkedObject;
  readonly name: string;
  /** A DEFINITION. */
  readonly kind: number;
}

const NONE: ReadonlySet<number> = new Set();

/**
 * Symbol resolution as GNU ld does it (bfd/elflink.c: elf_link_add_object_symbols, elf_link_add_archive_symbols), over symbol tables alone:
 * which archive members take part, which symbols nothing defines, which are defined twice.
 */
export class Resolution {
  readonly objects: LinkedObject[] = [];
  readonly duplicates: Diagnostic[] = [];
  readonly #definitions = new Map<string, Definition>();
  /** Names that are needed and have no definition. */
  readonly #missing = new Set<string>();
  /** Names that the command line defines. */
  readonly #given = new Set<string>();
  /** Names that only a common block defines. */
  readonly #commons = new Set<string>();
  /** Groups already kept. */
  readonly #groups = new Set<string>();
  /** Members already taken, by archive. */
  readonly #taken = new Map<InputArchive, Set<number>>();

  readonly #settings: ResolutionSettings;

  constructor(settings: ResolutionSettings = {}) {
    this.#settings = settings;
    const { wanted = [], defined = [], entry } = settings;
    for (const { name } of defined) this.#given.add(name);
    for (const name of [...wanted, ...(entry === undefined ? [] : [entry])]) this.want(name);
    for (const { expression } of defined) for (const name of symbolsOf(expression)) this.want(name);
  }

  /** Makes archives be searched for a name although no object refers to it (`-u`). */
  want(name: string): void {
    const meant = this.#meantBy(name);
    if (!this.#definitions.has(meant) && !this.#given.has(meant)) this.#missing.add(meant);
  }

  /** The symbol that an undefined one is bound to, `--wrap` considered. */
  #meantBy(name: string): string {
    const { wrapped = [] } = this.#settings;
    if (wrapped.length === 0) return name;
    if (wrapped.includes(name)) return `__wrap_${name}`;
    const real = name.startsWith('__real_') ? name.slice('__real_'.length) : '';
    return wrapped.includes(real) ? real : name;
  }

  addObject(input: InputObject): void {
    const { defined, needed, groups } = input.facts;
    const object = { input, discarded: this.#discard(groups) };
    this.objects.push(object);
    for (const name of needed) this.want(name);
    for (const [name, kind, group] of defined) {
      // The group that was kept defines it.
      if (object.discarded.has(group)) continue;
      for (const alias of definedNames(name)) this.#define(alias, { object, name, kind });
    }
  }

  /** Takes every member of the archive (`--whole-archive`). */
  addWholeArchive(archive: InputArchive): void {
    const taken = this.#takenOf(archive);
    for (let member = 0; member < archive.memberCount; member++) this.#take(archive, taken, member);
  }

  /** Takes from the archive what is needed, and what that needs in turn. */
  addArchive(archive: InputArchive): void {
    const taken = this.#takenOf(archive);
    for (let before = -1; before !== taken.size;) {
      before = taken.size;
      // What a taken member needs is added to the set while it is gone through, and is visited too.
      for (const name of this.#missing) this.#take(archive, taken, archive.definerOf(name));
      for (const name of this.#commons) {
        // A common block gives way to a real definition, for which ld does look into archives.
        const member = archive.definerOf(name);
        if (member !== undefined && definesForReal(archive.object(member), name)) {
          this.#take(archive, taken, member);
        }
      }
    }
  }

  /** Names that are needed and have no definition. */
  get undefinedNames(): readonly string[] {
    return [...this.#missing];
  }

  /** Where a global name is defined. */
  placeOf(name: string): Place | undefined {
    const definition = this.#definitions.get(name);
    return definition && placeOf(definition);
  }

  /** The DEFINITION that a global name is bound to. */
  kindOf(name: string): number | undefined {
    return this.#definitions.get(name)?.kind;
  }

  #define(name: string, definition: Definition): void {
    const old = this.#definitions.get(name);
    if (old !== undefined && isStrong(old) && isStrong(definition)) {
      if (this.#settings.multipleDefinitions !== true && !sameAbsolute(old, definition)) {
        this.duplicates.push(linkErrors.duplicateSymbol(name, placeOf(old), placeOf(definition)));
      }
    } else if (old === undefined || definition.kind > old.kind) {
      this.#definitions.set(name, definition);
      this.#missing.delete(name);
      if (definition.kind === DEFINITION.COMMON) this.#commons.add(name);
      else this.#commons.delete(name);
    }
  }

  #discard(groups: readonly string[]): ReadonlySet<number> {
    let discarded: Set<number> | undefined;
    groups.forEach((name, i) => {
      if (this.#groups.has(name)) (discarded ??= new Set()).add(i);
      else this.#groups.add(name);
    });
    return discarded ?? NONE;
  }

  #take(archive: InputArchive, taken: Set<number>, member: number | undefined): void {
    if (member === undefined || taken.has(member)) return;
    taken.add(member);
    this.addObject(archive.object(member));
  }

  #takenOf(archive: InputArchive): Set<number> {
    let taken = this.#taken.get(archive);
    if (taken === undefined) this.#taken.set(archive, (taken = new Set()));
    return taken;
  }
}

function isStrong({ kind }: Definition): boolean {
  return kind >= DEFINITION.STRONG;
}

function definesForReal({ facts }: InputObject, name: string): boolean {
  return facts.defined.some(([defined, kind]) => defined === name && kind !== DEFINITION.COMMON);
}

/** ld lets the same absolute value be defined twice. */
function sameAbsolute(a: Definition, b: Definition): boolean {
  if (a.kind !== DEFINITION.ABSOLUTE || b.kind !== DEFINITION.ABSOLUTE) return false;
  return symbolOf(a)?.value === symbolOf(b)?.value;
}

function placeOf(definition: Definition): Place {
  const { elf } = definition.object.input;
  const section = symbolOf(definition)?.sectionIndex;
  return { ...elf.origin, ...(section === undefined ? {} : { section: elf.section(section).name }) };
}

/** Definitions of global symbols by name, found once per object: every symbol of it may be defined twice. */
const definitions = new WeakMap<ElfFile, ReadonlyMap<string, ElfSymbol>>();

function symbolOf({ object, name }: Definition): ElfSymbol | undefined {
  const { elf } = object.input;
  let byName = definitions.get(elf);
  if (byName === undefined) definitions.set(elf, (byName = definedSymbols(elf)));
  return byName.get(name);
}

function definedSymbols({ symbols }: ElfFile): ReadonlyMap<string, ElfSymbol> {
  const byName = new Map<string, ElfSymbol>();
  if (symbols === undefined) return byName;
  for (let i = symbols.firstGlobal; i < symbols.length; i++) {
    const name = symbols.name(i);
    if (!symbols.isUndefined(i) && !byName.has(name)) byName.set(name, symbols.get(i));
  }
  return byName;
}
