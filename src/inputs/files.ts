import { identify, readArchive, readElf, type ArchiveMember, type ElfFile } from '../elf/index.js';
import { contentKey, type RewriteCache } from '../rewrite/index.js';
import {
  InputArchive,
  archiveFacts,
  archiveFile,
  formatArchiveFacts,
  type ArchiveSource,
} from './archive.js';
import { FACTS_VERSION, type ObjectFacts } from './facts.js';
import { checkLinkable } from './linkable.js';
import { looksLikeScript } from './linker-script.js';
import { InputObject } from './object.js';
import { readInput, readThinMember, thinMemberPath, type OpenedArchives } from './thin.js';

/** What an input file is. A script is GNU ld's list of libraries, as Debian's libm.a is one. */
export type InputFile = {
  readonly path: string;
  /** Names the content: files with the same key are the same. */
  readonly key: string;
  /** Size in bytes. */
  readonly size: number;
  /** The file's bytes, read if they were not needed before. */
  readonly bytes: () => Uint8Array;
  /** Thin archives: reads a member, which lies in a file of its own. */
  readonly readThin?: (member: ArchiveMember) => Uint8Array;
  /** Thin archives: those files. */
  readonly memberPaths?: readonly string[];
} & (
  | { readonly kind: 'object'; readonly object: InputObject }
  | { readonly kind: 'archive'; readonly archive: InputArchive }
  | { readonly kind: 'script'; readonly text: string }
);

/**
 * Opens one input file. One that was seen before, and has not changed since, is not even read: its facts come from the cache.
 * Throws UKL6005 when it cannot be read, UKL1xxx when it is damaged or not an x86-64 ELF file, UKL2008 and UKL2009 when it is one that
 * cannot be linked.
 */
export async function openInput(path: string, cache: RewriteCache): Promise<InputFile> {
  const known = knownInput(path, cache);
  if (known !== undefined) return known;
  const bytes = readInput(path);
  const common = { path, key: contentKey([bytes]), size: bytes.length, bytes: () => bytes };
  switch (identify(bytes)) {
    case 'archive': {
      const source = archiveFile(path, readArchive(bytes, { file: path }));
      const text = await cache.readOr(factsName(common.key), () => formatArchiveFacts(source));
      cache.remember(path, common.key);
      return archiveInput(
        path,
        common.key,
        common.size,
        common.bytes,
        archiveFacts(text, () => source),
      );
    }
    case 'thin-archive':
      return openThin(path, bytes);
    case 'elf': {
      const object = fileObject(path, bytes);
      await cache.readOr(objectFactsName(common.key), () => JSON.stringify(object.facts));
      cache.remember(path, common.key);
      return { ...common, kind: 'object', object };
    }
    case 'other': {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
      if (looksLikeScript(text)) return { ...common, kind: 'script', text };
      // Not even a script: opening it as an object says what is wrong with it.
      return { ...common, kind: 'object', object: fileObject(path, bytes) };
    }
  }
}

/** An object or archive that is as it was when its facts were kept; undefined when there is no such one. */
function knownInput(path: string, cache: RewriteCache): InputFile | undefined {
  const known = cache.known(path);
  if (known === undefined) return undefined;
  const { key, size } = known;
  const bytes = once(() => readInput(path));
  const ofObject = cache.read(objectFactsName(key));
  if (ofObject !== undefined) {
    const facts = JSON.parse(ofObject) as ObjectFacts;
    const object = new InputObject(() => linkableObject(path, bytes()), facts);
    return { kind: 'object', path, key, size, bytes, object };
  }
  const ofArchive = cache.read(factsName(key));
  if (ofArchive === undefined) return undefined;
  const open = once(() => archiveFile(path, readArchive(bytes(), { file: path })));
  return archiveInput(path, key, size, bytes, archiveFacts(ofArchive, open));
}

function archiveInput(
  path: string,
  key: string,
  size: number,
  bytes: () => Uint8Array,
  source: ArchiveSource,
): InputFile {
  return { kind: 'archive', path, key, size, bytes, archive: new InputArchive(source) };
}

/** A thin archive changes with the files it names, so it is read whole each time. */
function openThin(path: string, bytes: Uint8Array): InputFile {
  const archive = readArchive(bytes, { file: path });
  const opened: OpenedArchives = new Map();
  const members = new Map(archive.members.map((m) => [m.headerOffset, readThinMember(path, m, opened)]));
  return {
    ...archiveInput(
      path,
      contentKey([bytes, ...members.values()]),
      bytes.length,
      () => bytes,
      archiveFile(path, archive),
    ),
    readThin: (member) => members.get(member.headerOffset) ?? readThinMember(path, member, opened),
    memberPaths: archive.members.map((member) => thinMemberPath(path, member)),
  };
}

function fileObject(path: string, bytes: Uint8Array): InputObject {
  const elf = linkableObject(path, bytes);
  return new InputObject(() => elf);
}

function linkableObject(path: string, bytes: Uint8Array): ElfFile {
  return checkLinkable(readElf(bytes, { file: path }));
}

function factsName(key: string): string {
  return `${key}.${FACTS_VERSION}.facts`;
}

function objectFactsName(key: string): string {
  return `${key}.${FACTS_VERSION}.object-facts`;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
