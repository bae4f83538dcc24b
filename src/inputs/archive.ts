import { UklError, elfErrors } from '../errors/index.js';
import { type Archive, type ArchiveMember, type ArchiveSymbol, type ElfFile } from '../elf/index.js';
import { definerIn, formatDefiners } from './definers.js';
import { factsOf, type ObjectFacts } from './facts.js';
import { readLinkable } from './linkable.js';
import { InputObject } from './object.js';
import { readThinMember, type OpenedArchives } from './thin.js';
import { definedNames } from './versioned-names.js';

/** An archive, its members known by their positions and opened when they are asked for. */
export class InputArchive {
  readonly #source: ArchiveSource;
  readonly #objects = new Map<number, InputObject>();

  constructor(source: ArchiveSource) {
    this.#source = source;
  }

  get memberCount(): number {
    return this.#source.memberCount;
  }

  /** The member that the archive's index names for a symbol: the first, when there are several. */
  definerOf(name: string): number | undefined {
    return this.#source.definerOf(name);
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
  /** Position of the member that the index names for a symbol, a default version's plain name included. */
  definerOf(name: string): number | undefined;
  object(member: number): InputObject;
}

/** An archive that has been read. */
export interface ReadArchive extends ArchiveSource {
  /** All that `definerOf` knows. */
  readonly definers: ReadonlyMap<string, number>;
}

/** The archive itself. Throws UKL1032 when it has members but no index, as ld does. */
export function archiveFile(path: string, archive: Archive): ReadArchive {
  const { members } = archive;
  const symbols = archive.symbolIndex();
  // glibc's libpthread.a and others are archives of nothing.
  if (symbols === undefined && members.length > 0) {
    throw new UklError(elfErrors.badArchiveIndex({ file: path }, 'there is none'));
  }
  const opened: OpenedArchives = new Map();
  const definers = definersOf(members, symbols ?? []);
  return {
    memberCount: members.length,
    definers,
    definerOf: (name) => definers.get(name),
    object: (position) => {
      const member = members[position];
      if (member === undefined) throw new RangeError(`no member ${position} in ${path}`);
      return new InputObject((): ElfFile => {
        const bytes = archive.thin ? readThinMember(path, member, opened) : member.data;
        return readLinkable(bytes, member.origin);
      });
    },
  };
}

/** The facts of an archive as text: its index on the first line, then a line per member, empty for one that cannot be linked. */
export function formatArchiveFacts(source: ReadArchive): string {
  const lines = [formatDefiners(source.definers)];
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
  const [index = '', ...members] = text.split('\n');
  return {
    memberCount: members.length,
    definerOf: (name) => definerIn(index, name),
    object: (member) => {
      const line = members[member] ?? '';
      if (line === '') return open().object(member);
      return new InputObject(() => open().object(member).elf, JSON.parse(line) as ObjectFacts);
    },
  };
}

/** Of several members that the index names for a symbol, the first counts. */
function definersOf(
  members: readonly ArchiveMember[],
  symbols: readonly ArchiveSymbol[],
): ReadonlyMap<string, number> {
  const positions = new Map(members.map((member, i) => [member, i]));
  const definers = new Map<string, number>();
  for (const { name, member } of symbols) {
    const position = positions.get(member) ?? -1;
    for (const alias of definedNames(name)) if (!definers.has(alias)) definers.set(alias, position);
  }
  return definers;
}
