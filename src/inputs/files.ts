import { UklError, elfErrors, linkErrors } from '../errors/index.js';
import {
  identify,
  readArchive,
  readElf,
  type Archive,
  type ArchiveMember,
  type ElfFile,
} from '../elf/index.js';
import { checkLinkable } from './linkable.js';
import { readInput, readThinMember } from './thin.js';
import { definedNames } from './versioned-names.js';

/** An object: a file of its own or a member of an archive (`elf.origin` says which). */
export interface InputObject {
  readonly elf: ElfFile;
}

/** An archive; its members are read when they are asked for, and once. */
export class InputArchive {
  readonly path: string;
  readonly #archive: Archive;
  readonly #objects = new Map<ArchiveMember, InputObject>();
  #definers: ReadonlyMap<string, ArchiveMember> | undefined;

  constructor(path: string, archive: Archive) {
    this.path = path;
    this.#archive = archive;
  }

  get members(): readonly ArchiveMember[] {
    return this.#archive.members;
  }

  /** The member that the archive's index names for a symbol: the first, when there are several. Throws UKL1032. */
  definerOf(name: string): ArchiveMember | undefined {
    this.#definers ??= this.#readIndex();
    return this.#definers.get(name);
  }

  /** A member as an object. Throws what `readElf` and `checkLinkable` throw, and UKL6005 for a thin archive's missing file. */
  object(member: ArchiveMember): InputObject {
    let object = this.#objects.get(member);
    if (object === undefined) {
      const bytes = this.#archive.thin ? readThinMember(this.path, member) : member.data;
      object = { elf: checkLinkable(readElf(bytes, member.origin)) };
      this.#objects.set(member, object);
    }
    return object;
  }

  #readIndex(): ReadonlyMap<string, ArchiveMember> {
    const index = this.#archive.symbolIndex();
    // glibc's libpthread.a and others are archives of nothing; any other needs an index.
    if (index === undefined && this.members.length > 0) {
      throw new UklError(elfErrors.badArchiveIndex({ file: this.path }, 'there is none'));
    }
    const definers = new Map<string, ArchiveMember>();
    for (const { name, member } of index ?? []) {
      for (const alias of definedNames(name)) if (!definers.has(alias)) definers.set(alias, member);
    }
    return definers;
  }
}

/** What an input file is. A script is GNU ld's list of libraries, as Debian's libm.a is one. */
export type InputFile = {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Thin archives: reads a member, which lies in a file of its own. */
  readonly readThin?: (member: ArchiveMember) => Uint8Array;
} & (
  | { readonly kind: 'object'; readonly object: InputObject }
  | { readonly kind: 'archive'; readonly archive: InputArchive }
  | { readonly kind: 'script'; readonly text: string }
);

/**
 * Reads one input file. Throws UKL6005 when it cannot be read, UKL1xxx when it is damaged or not an x86-64 ELF file, UKL2008 and
 * UKL2009 when it is one that cannot be linked.
 */
export function openInput(path: string): InputFile {
  const bytes = readInput(path);
  switch (identify(bytes)) {
    case 'archive':
      return {
        kind: 'archive',
        path,
        bytes,
        archive: new InputArchive(path, readArchive(bytes, { file: path })),
      };
    case 'thin-archive':
      return {
        kind: 'archive',
        path,
        bytes,
        archive: new InputArchive(path, readArchive(bytes, { file: path })),
        readThin: (member) => readThinMember(path, member),
      };
    case 'elf':
      return { kind: 'object', path, bytes, object: { elf: checkLinkable(readElf(bytes, { file: path })) } };
    case 'other': {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
      if (looksLikeScript(text)) return { kind: 'script', path, bytes, text };
      // Not even a script: readElf says what is wrong with it.
      return { kind: 'object', path, bytes, object: { elf: readElf(bytes, { file: path }) } };
    }
  }
}

/** `dir/libx.a` of a script: the files of INPUT and GROUP, in order. Throws UKL2010 for a script that does more. */
export function librariesOfScript(path: string, text: string): string[] {
  const code = text.replace(/\/\*.*?\*\//gs, ' ').trim();
  const files: string[] = [];
  const rest = code
    .replace(/\bOUTPUT_FORMAT\s*\([^)]*\)/g, ' ')
    .replace(/\bAS_NEEDED\s*\([^)]*\)/g, ' ')
    .replace(/\b(?:GROUP|INPUT)\s*\(([^)]*)\)/g, (_, list: string) => {
      files.push(...list.split(/[\s,]+/).filter((file) => file !== ''));
      return ' ';
    })
    .trim();
  if (rest !== '') throw new UklError(linkErrors.badLinkerScript({ file: path }, firstLine(rest)));
  return files;
}

function looksLikeScript(text: string): boolean {
  return /\b(?:GROUP|INPUT)\s*\(/.test(text) && !text.includes('\0');
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 80);
}
