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

/**
 * The contents of a thin archive's member: a file named relative to the archive, or a member of an archive that is (`ar rcT` of
 * archives). Throws UKL1035 when the file is not there, UKL1033 when it is another one than it was.
 */
export function readThinMember(archive: string, member: ArchiveMember): Uint8Array {
  const path = thinMemberPath(archive, member);
  const bytes = readMemberFile(member, path);
  if (member.nestedOffset === undefined) return bytes;
  const nested = readArchive(bytes, { file: path }).members.find(
    ({ headerOffset }) => headerOffset === member.nestedOffset,
  );
  if (nested === undefined) throw new UklError(elfErrors.thinMember(member.origin));
  return nested.data;
}
