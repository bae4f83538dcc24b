import { UklError, elfErrors } from '../errors/index.js';
import { readElf, type Archive, type ElfFile } from '../elf/index.js';
import { factsOf, type ObjectFacts } from './facts.js';
import { checkLinkable } from './linkable.js';
import { InputObject } from './object.js';
import { readThinMember } from './thin.js';
import { definedNames } from './versioned-names.js';

/** An archive, its members known by their positions and opened when they are asked for. */
export class InputArchive {
  readonly #source: ArchiveSource;
  readonly #objects = new Map<number, InputObject>();
  #definers: ReadonlyMap<string, number> | undefined;

  constructor(source: ArchiveSource) {
    this.#source = source;
  }

  get memberCount(): number {
    return this.#source.memberCount;
  }

  /** The member that the archive's index names for a symbol: the first, when there are several. */
  definerOf(name: string): number | undefined {
    this.#definers ??= definersOf(this.#source.index());
    return this.#definers.get(name);
  }

  object(member: number): InputObject {
    let object = this.#objects.get(member);
    if (object === undefined) this.#objects.set(member, (object = this.#source.object(member)));
    return object;
  }

  /** A member that `object` was asked for before. */
  openedObject(member: number): InputObject | undefined {
    return this.#objects.get(member);
  }

  /** Every member, for one look: none is kept. */
  *freshObjects(): IterableIterator<InputObject> {
    for (let i = 0; i < this.memberCount; i++) yield this.#source.object(i);
  }
}

/** Where an archive's content comes from: the file, or the facts kept of it. */
export interface ArchiveSource {
  readonly memberCount: number;
  /** Symbol names, each followed by the position of the member that defines it. */
  index(): readonly (string | number)[];
  object(member: number): InputObject;
}

/** The archive itself. Throws UKL1032 when it has members but no index, as ld does. */
export function archiveFile(path: string, archive: Archive): ArchiveSource {
  const { members } = archive;
  const symbols = archive.symbolIndex();
  // glibc's libpthread.a and others are archives of nothing.
  if (symbols === undefined && members.length > 0) {
    throw new UklError(elfErrors.badArchiveIndex({ file: path }, 'there is none'));
  }
  return {
    memberCount: members.length,
    index: () => {
      const positions = new Map(members.map((member, i) => [member, i]));
      return (symbols ?? []).flatMap(({ name, member }) => [name, positions.get(member) ?? -1]);
    },
    object: (position) => {
      const member = members[position];
      if (member === undefined) throw new RangeError(`no member ${position} in ${path}`);
      return new InputObject((): ElfFile => {
        const bytes = archive.thin ? readThinMember(path, member) : member.data;
        return checkLinkable(readElf(bytes, member.origin));
      });
    },
  };
}

/** The facts of an archive as text: its index on the first line, then a line per member, empty for one that cannot be linked. */
export function formatArchiveFacts(source: ArchiveSource): string {
  const lines = [JSON.stringify(source.index())];
  for (let i = 0; i < source.memberCount; i++) {
    try {
      lines.push(JSON.stringify(factsOf(source.object(i).elf)));
    } catch (error) {
      if (!(error instanceof UklError)) throw error;
      lines.push('');
    }
  }
  return lines.join('\n');
}

/** An archive whose facts are known; `open` gives the file when they do not suffice. */
export function archiveFacts(text: string, open: () => ArchiveSource): ArchiveSource {
  const [index = '[]', ...members] = text.split('\n');
  return {
    memberCount: members.length,
    index: () => JSON.parse(index) as (string | number)[],
    object: (member) => {
      const line = members[member] ?? '';
      if (line === '') return open().object(member);
      return new InputObject(() => open().object(member).elf, JSON.parse(line) as ObjectFacts);
    },
  };
}

function definersOf(index: readonly (string | number)[]): ReadonlyMap<string, number> {
  const definers = new Map<string, number>();
  for (let i = 0; i + 1 < index.length; i += 2) {
    const member = Number(index[i + 1]);
    for (const name of definedNames(String(index[i]))) if (!definers.has(name)) definers.set(name, member);
  }
  return definers;
}
