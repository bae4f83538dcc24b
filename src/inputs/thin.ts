import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { UklError, elfErrors } from '../errors/index.js';
import { readArchive, type ArchiveMember } from '../elf/index.js';
import { asIoError } from '../host/index.js';

/** Reads a file whole. Throws UKL6003-6005. */
export function readInput(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw asIoError(error, path, 'read');
  }
}

/** A thin archive's member that is gone: the archive is the file that the user knows. Throws UKL1035, UKL6005. */
function readMemberFile(member: ArchiveMember, path: string): Uint8Array {
  if (!existsSync(path)) throw new UklError(elfErrors.thinMemberAbsent(member.origin, path));
  return readInput(path);
}

/** The file that a member of a thin archive is, or lies in: its name is relative to the archive. */
export function thinMemberPath(archive: string, { name }: ArchiveMember): string {
  return isAbsolute(name) ? name : join(dirname(archive), name);
}

/** Archives that members of a thin archive lie in, by path: read once, however many members they have. */
export type OpenedArchives = Map<string, ReadonlyMap<number, ArchiveMember>>;

/**
 * The contents of a thin archive's member: a file named relative to the archive, or a member of an archive that is (`ar rcT` of
 * archives), which `opened` remembers. Throws UKL1035 when the file is not there, UKL1033 when it is another one than it was.
 */
export function readThinMember(archive: string, member: ArchiveMember, opened: OpenedArchives): Uint8Array {
  const path = thinMemberPath(archive, member);
  if (member.nestedOffset === undefined) return readMemberFile(member, path);
  let members = opened.get(path);
  if (members === undefined) {
    const nested = readArchive(readMemberFile(member, path), { file: path });
    opened.set(path, (members = new Map(nested.members.map((m) => [m.headerOffset, m]))));
  }
  const found = members.get(member.nestedOffset);
  if (found === undefined) throw new UklError(elfErrors.thinMember(member.origin));
  return found.data;
}
