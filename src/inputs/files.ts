import { identify, readArchive, readElf, type ArchiveMember, type ElfFile } from '../elf/index.js';
import { contentKey, type RewriteCache } from '../rewrite/index.js';
import { InputArchive, archiveFacts, archiveFile, formatArchiveFacts } from './archive.js';
import { FACTS_VERSION, type ObjectFacts } from './facts.js';
import { checkLinkable, readLinkable } from './linkable.js';
import { knownLinked, openLinked, type LinkedExecutable } from './linked.js';
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
  /** Other files that it lies in, or that lie in it: those of a thin archive's members. */
  readonly memberPaths?: readonly string[];
} & (
  | { readonly kind: 'object'; readonly object: InputObject }
  | { readonly kind: 'archive'; readonly archive: InputArchive }
  | { readonly kind: 'script'; readonly text: string }
  /** What a wrapper has linked: its inputs are opened each on its own. */
  | { readonly kind: 'linked'; readonly linked: LinkedExecutable }
);

/** A file's content, which may lie in another file. */
export type Content = Pick<InputFile, 'path' | 'key' | 'size' | 'bytes' | 'memberPaths'>;

/**
 * Opens one input file. One that was seen before, and has not changed since, is not even read: its facts come from the cache.
 * Throws UKL6005 when it cannot be read, UKL1xxx when it is damaged or not an x86-64 ELF file, UKL2008 and UKL2009 when it is one that
 * cannot be linked.
 */
export async function openInput(path: string, cache: RewriteCache): Promise<InputFile> {
  const known = cache.known(path);
  if (known !== undefined) {
    const file = knownContent({ path, ...known, bytes: once(() => readInput(path)) }, cache);
    if (file !== undefined) return file;
  }
  const bytes = readInput(path);
  if (identify(bytes) === 'thin-archive') return openThin(path, bytes);
  const content = { path, key: contentKey([bytes]), size: bytes.length, bytes: () => bytes };
  const file = await newContent(content, cache);
  if (file.kind !== 'script') cache.remember(path, content.key);
  return file;
}

/** Opens what lies in another file: it is not read either if its facts are in the cache. Throws what `openInput` throws. */
export async function openContent(content: Content, cache: RewriteCache): Promise<InputFile> {
  return knownContent(content, cache) ?? (await newContent(content, cache));
}

/** A file whose facts were kept; undefined when they were not. */
function knownContent(content: Content, cache: RewriteCache): InputFile | undefined {
  const { path, key, bytes } = content;
  const ofObject = cache.read(objectFactsName(key));
  if (ofObject !== undefined) {
    const facts = JSON.parse(ofObject) as ObjectFacts;
    return {
      ...content,
      kind: 'object',
      object: new InputObject(() => readLinkable(bytes(), { file: path }), facts),
    };
  }
  const ofArchive = cache.read(factsName(key));
  if (ofArchive !== undefined) {
    const open = once(() => archiveFile(path, readArchive(bytes(), { file: path })));
    return { ...content, kind: 'archive', archive: new InputArchive(archiveFacts(ofArchive, open)) };
  }
  const linked = knownLinked(path, key, bytes, cache);
  return linked && { ...content, kind: 'linked', linked };
}

/** A file seen for the first time. */
async function newContent(content: Content, cache: RewriteCache): Promise<InputFile> {
  const { path, key } = content;
  const bytes = content.bytes();
  switch (identify(bytes)) {
    case 'archive':
    case 'thin-archive': {
      const source = archiveFile(path, readArchive(bytes, { file: path }));
      const text = await cache.readOr(factsName(key), () => formatArchiveFacts(source));
      return { ...content, kind: 'archive', archive: new InputArchive(archiveFacts(text, () => source)) };
    }
    case 'elf': {
      const elf = readElf(bytes, { file: path });
      const linked = await openLinked(elf, key, cache);
      if (linked !== undefined) return { ...content, kind: 'linked', linked };
      const object = fileObject(elf);
      await cache.readOr(objectFactsName(key), () => JSON.stringify(object.facts));
      return { ...content, kind: 'object', object };
    }
    case 'bitcode':
    case 'other': {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
      if (looksLikeScript(text)) return { ...content, kind: 'script', text };
      // Not even a script: opening it as an object says what is wrong with it.
      const elf = readLinkable(bytes, { file: path });
      return { ...content, kind: 'object', object: new InputObject(() => elf) };
    }
  }
}

/** A thin archive changes with the files it names, so it is read whole each time. */
function openThin(path: string, bytes: Uint8Array): InputFile {
  const archive = readArchive(bytes, { file: path });
  const opened: OpenedArchives = new Map();
  const members = new Map(archive.members.map((m) => [m.headerOffset, readThinMember(path, m, opened)]));
  return {
    kind: 'archive',
    path,
    key: contentKey([bytes, ...members.values()]),
    size: bytes.length,
    bytes: () => bytes,
    archive: new InputArchive(archiveFile(path, archive)),
    readThin: (member) => members.get(member.headerOffset) ?? readThinMember(path, member, opened),
    memberPaths: archive.members.map((member) => thinMemberPath(path, member)),
  };
}

function fileObject(elf: ElfFile): InputObject {
  const checked = checkLinkable(elf);
  return new InputObject(() => checked);
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
