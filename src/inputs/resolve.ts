import { linkErrors, type Diagnostic } from '../errors/index.js';
import { STB, type ArchiveMember, type ElfFile } from '../elf/index.js';
import { ComdatTable, type Discarded } from './comdat.js';
import type { InputArchive, InputObject } from './files.js';
import { definedNames } from './versioned-names.js';

/** An object that takes part in the link. */
export interface LinkedObject extends InputObject {
  readonly discarded: Discarded;
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
  readonly #definitions = new Map<string, Definition>();
  /** Names that are needed and have no definition. */
  readonly #missing = new Set<string>();
  /** Names that only a common block defines. */
  readonly #commons = new Set<string>();
  readonly #comdat = new ComdatTable();
  /** Members already taken, by archive. */
  readonly #taken = new Map<InputArchive, Set<ArchiveMember>>();

  /** Makes archives be searched for a name although no object refers to it (`-u`, the entry point). */
  want(name: string): void {
    this.#need(name);
  }

  addObject(object: InputObject): void {
    const linked = { ...object, discarded: this.#comdat.add(object.elf) };
    this.objects.push(linked);
    this.#addSymbols(linked);
  }

  /** Takes every member of the archive (`--whole-archive`). */
  addWholeArchive(archive: InputArchive): void {
    const taken = this.#takenOf(archive);
    for (const member of archive.members) this.#take(archive, taken, member);
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
        if (member !== undefined && definesForReal(archive.object(member).elf, name)) {
          this.#take(archive, taken, member);
        }
      }
    }
  }

  /** Names that are needed and have no definition. */
  get undefinedNames(): readonly string[] {
    return [...this.#missing];
  }

  /** The definition that a global name is bound to. */
  definitionOf(name: string): { readonly elf: ElfFile; readonly index: number } | undefined {
    const definition = this.#definitions.get(name);
    return definition && { elf: definition.object.elf, index: definition.index };
  }

  #addSymbols(object: LinkedObject): void {
    const { symbols } = object.elf;
    if (symbols === undefined) return;
    for (let i = symbols.firstGlobal; i < symbols.length; i++) {
      const name = symbols.name(i);
      if (symbols.isUndefined(i)) {
        if (symbols.binding(i) !== STB.WEAK) this.#need(name);
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
    const old = this.#definitions.get(name);
    if (old?.kind === 'strong' && definition.kind === 'strong') {
      if (!sameAbsolute(old, definition)) {
        this.duplicates.push(linkErrors.duplicateSymbol(name, placeOf(old), placeOf(definition)));
      }
    } else if (old === undefined || isStronger(definition, old)) {
      this.#definitions.set(name, definition);
      this.#missing.delete(name);
      if (definition.kind === 'common') this.#commons.add(name);
      else this.#commons.delete(name);
    }
  }

  #take(archive: InputArchive, taken: Set<ArchiveMember>, member: ArchiveMember | undefined): void {
    if (member === undefined || taken.has(member)) return;
    taken.add(member);
    this.addObject(archive.object(member));
  }

  #need(name: string): void {
    if (!this.#definitions.has(name)) this.#missing.add(name);
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
