import { linkErrors, type Diagnostic } from '../errors/index.js';
import { STB, type ArchiveMember, type ElfFile } from '../elf/index.js';
import { ComdatTable, type Discarded } from './comdat.js';
import type { InputArchive, InputObject } from './files.js';

/** An object that takes part in the link. */
export interface LinkedObject extends InputObject {
  readonly discarded: Discarded;
}

/** What is known of a global name. */
interface SymbolState {
  /** Whether an object refers to it and is not content with null (a weak reference is). */
  needed: boolean;
  definition: Definition | undefined;
}

interface Definition {
  readonly object: LinkedObject;
  readonly index: number;
  readonly kind: 'strong' | 'weak' | 'common';
}

/**
 * Symbol resolution as GNU ld does it (bfd/elflink.c: elf_link_add_object_symbols, elf_link_add_archive_symbols), over symbol tables alone:
 * which archive members take part, which symbols nothing defines, which are defined twice.
 */
export class Resolution {
  readonly objects: LinkedObject[] = [];
  readonly duplicates: Diagnostic[] = [];
  readonly #symbols = new Map<string, SymbolState>();
  readonly #comdat = new ComdatTable();
  /** Members already taken, by archive. */
  readonly #taken = new Map<InputArchive, Set<ArchiveMember>>();

  /** Makes archives be searched for a name although no object refers to it (`-u`, the entry point). */
  want(name: string): void {
    this.#state(name).needed = true;
  }

  addObject(object: InputObject): void {
    const linked = { ...object, discarded: this.#comdat.add(object.elf) };
    this.objects.push(linked);
    this.#addSymbols(linked);
  }

  /** Takes every member of the archive (`--whole-archive`). */
  addWholeArchive(archive: InputArchive): void {
    const taken = this.#takenOf(archive);
    for (const member of archive.members) {
      if (taken.has(member)) continue;
      taken.add(member);
      this.addObject(archive.object(member));
    }
  }

  /** Takes from the archive what is needed, and what that needs in turn. True when it took anything. */
  addArchive(archive: InputArchive): boolean {
    const taken = this.#takenOf(archive);
    let tookAny = false;
    // A member may need one that stands before it in the index: go over it until nothing is taken any more.
    for (let tookOne = true; tookOne;) {
      tookOne = false;
      for (const { name, member } of archive.index()) {
        if (taken.has(member) || !this.#isWanted(name, archive, member)) continue;
        taken.add(member);
        this.addObject(archive.object(member));
        tookOne = tookAny = true;
      }
    }
    return tookAny;
  }

  /** Names that are needed and have no definition. */
  undefinedNames(): string[] {
    return [...this.#symbols].filter(([, s]) => s.needed && s.definition === undefined).map(([name]) => name);
  }

  /** The definition that a global name is bound to. */
  definitionOf(name: string): { readonly elf: ElfFile; readonly index: number } | undefined {
    const definition = this.#symbols.get(name)?.definition;
    return definition && { elf: definition.object.elf, index: definition.index };
  }

  #addSymbols(object: LinkedObject): void {
    const { symbols } = object.elf;
    if (symbols === undefined) return;
    for (let i = symbols.firstGlobal; i < symbols.length; i++) {
      const name = symbols.name(i);
      if (symbols.isUndefined(i)) {
        if (symbols.binding(i) !== STB.WEAK) this.#state(name).needed = true;
        continue;
      }
      const section = symbols.sectionIndex(i);
      // The group that was kept defines it.
      if (section !== undefined && object.discarded.has(section)) continue;
      const kind = symbols.isCommon(i) ? 'common' : symbols.binding(i) === STB.WEAK ? 'weak' : 'strong';
      for (const alias of definedNames(name)) this.#define(alias, { object, index: i, kind });
    }
  }

  #define(name: string, definition: Definition): void {
    const state = this.#state(name);
    const old = state.definition;
    if (old?.kind === 'strong' && definition.kind === 'strong') {
      if (!sameAbsolute(old, definition)) {
        this.duplicates.push(linkErrors.duplicateSymbol(name, placeOf(old), placeOf(definition)));
      }
    } else if (old === undefined || isStronger(definition, old)) {
      state.definition = definition;
    }
  }

  /** Whether the member that defines `name` must be taken. */
  #isWanted(name: string, archive: InputArchive, member: ArchiveMember): boolean {
    const state = this.#symbols.get(name);
    if (state === undefined) return false;
    if (state.definition === undefined) return state.needed;
    // A common block gives way to a real definition, for which ld does look into archives.
    return state.definition.kind === 'common' && definesForReal(archive.object(member).elf, name);
  }

  #state(name: string): SymbolState {
    let state = this.#symbols.get(name);
    if (state === undefined) this.#symbols.set(name, (state = { needed: false, definition: undefined }));
    return state;
  }

  #takenOf(archive: InputArchive): Set<ArchiveMember> {
    let taken = this.#taken.get(archive);
    if (taken === undefined) this.#taken.set(archive, (taken = new Set()));
    return taken;
  }
}

/** A strong definition beats a common block, which beats a weak one; among equals the first stays. */
function isStronger(a: Definition, b: Definition): boolean {
  const rank = { weak: 0, common: 1, strong: 2 };
  return rank[a.kind] > rank[b.kind];
}

/** `.symver` makes `name@@VERSION` of a default version, which also defines `name`; `name@VERSION` defines only itself. */
function definedNames(name: string): string[] {
  const at = name.indexOf('@@');
  return at > 0 ? [name.slice(0, at), name.slice(0, at) + name.slice(at + 1)] : [name];
}

function definesForReal(elf: ElfFile, name: string): boolean {
  const { symbols } = elf;
  if (symbols === undefined) return false;
  for (let i = symbols.firstGlobal; i < symbols.length; i++) {
    if (symbols.name(i) === name && !symbols.isUndefined(i) && !symbols.isCommon(i)) return true;
  }
  return false;
}

/** ld lets the same absolute value be defined twice. */
function sameAbsolute(a: Definition, b: Definition): boolean {
  const x = a.object.elf.symbols;
  const y = b.object.elf.symbols;
  if (x === undefined || y === undefined) return false;
  return x.isAbsolute(a.index) && y.isAbsolute(b.index) && x.value(a.index) === y.value(b.index);
}

function placeOf({ object, index }: Definition): { section?: string } {
  const { elf } = object;
  const section = elf.symbols?.sectionIndex(index);
  return { ...elf.origin, ...(section === undefined ? {} : { section: elf.section(section).name }) };
}
