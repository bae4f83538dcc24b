import {
  ElfEdit,
  ET,
  identify,
  readArchive,
  readElf,
  rewrittenMember,
  writeArchive,
  type Archive,
  type ArchiveMember,
  type ElfFile,
  type Origin,
} from '../elf/index.js';
import { UklError } from '../errors/index.js';
import { prefixedName, prefixSymbols } from './prefix.js';
import { redirectSyscalls, type SyscallMode } from './sites/redirect.js';
import type { SyscallSite } from './sites/site.js';

/** Raised whenever what is written for an input changes: files rewritten by another version are not taken from the cache. */
export const REWRITE_VERSION = 3;

/** What the user can choose about the rewriting. */
export interface RewriteOptions {
  readonly syscalls: SyscallMode;
}

/** An object rewritten: its new bytes, and what became of its system call sites. */
export interface RewrittenObject {
  readonly bytes: Uint8Array;
  readonly sites: readonly SyscallSite[];
}

/** The system call sites of one object of a file. */
export interface ObjectSites {
  /** Position among an archive's members, 0 for a file that is an object itself. */
  readonly position: number;
  /** The member's name. */
  readonly member?: string;
  readonly sites: readonly SyscallSite[];
}

/** A file rewritten. Objects without sites are not listed. */
export interface RewrittenFile {
  readonly bytes: Uint8Array;
  readonly sites: readonly ObjectSites[];
}

/** The rewritten object, as a new file. The passes are independent of each other. */
export function rewriteObject(elf: ElfFile, { syscalls }: RewriteOptions): RewrittenObject {
  const edit = new ElfEdit(elf);
  const sites = redirectSyscalls(edit, syscalls);
  prefixSymbols(edit);
  return { bytes: edit.write(), sites };
}

/**
 * The rewritten archive: every object in it rewritten, its index naming the symbols by their new names. `readThin` reads the
 * member of a thin archive; the result is never thin.
 */
export function rewriteArchive(
  archive: Archive,
  options: RewriteOptions,
  readThin: (member: ArchiveMember) => Uint8Array = (member) => member.data,
): RewrittenFile {
  const names = new Map<ArchiveMember, string[]>();
  for (const { name, member } of archive.symbolIndex() ?? []) {
    const list = names.get(member);
    if (list === undefined) names.set(member, [prefixedName(name)]);
    else list.push(prefixedName(name));
  }
  const found: ObjectSites[] = [];
  const members = archive.members.map((member, position) => {
    const { bytes, sites } = rewriteMember(readThin(member), member.origin, options);
    if (sites.length > 0) found.push({ position, member: member.name, sites });
    return rewrittenMember(member, bytes, names.get(member) ?? []);
  });
  return { bytes: writeArchive(members, { origin: archive.origin }), sites: found };
}

/** The rewritten form of an input file's bytes. */
export function rewriteFile(
  bytes: Uint8Array,
  origin: Origin,
  options: RewriteOptions,
  readThin?: (member: ArchiveMember) => Uint8Array,
): RewrittenFile {
  if (identify(bytes) !== 'elf') return rewriteArchive(readArchive(bytes, origin), options, readThin);
  const object = rewriteObject(readElf(bytes, origin), options);
  return {
    bytes: object.bytes,
    sites: object.sites.length > 0 ? [{ position: 0, sites: object.sites }] : [],
  };
}

/**
 * Archives may hold members that no link takes: text, objects of other machines, damaged ones. Whatever is linked has passed the
 * checks of src/inputs before; the rest stays as it is.
 */
function rewriteMember(data: Uint8Array, origin: Origin, options: RewriteOptions): RewrittenObject {
  const unchanged = { bytes: data, sites: [] };
  if (identify(data) !== 'elf') return unchanged;
  let elf: ElfFile;
  try {
    elf = readElf(data, origin);
  } catch (error) {
    if (error instanceof UklError) return unchanged;
    throw error;
  }
  return elf.header.type === ET.REL ? rewriteObject(elf, options) : unchanged;
}
