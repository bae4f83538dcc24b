import { closeSync, openSync, readSync } from 'node:fs';
import { imageErrors, UklError, type Diagnostic } from '../errors/index.js';
import { checkEntries } from './rootfs-check.js';
import type { HostFile, RootfsEntry } from './rootfs-entry.js';

/** File types in a mode (include/uapi/linux/stat.h). */
export const FILE_TYPE_BITS: Readonly<Record<RootfsEntry['type'], number>> = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  'character device': 0o020000,
  'block device': 0o060000,
  fifo: 0o010000,
  socket: 0o140000,
};

export const CPIO_MAGIC = '070701';
export const CPIO_TRAILER = 'TRAILER!!!';
/** The magic and thirteen fields of eight hexadecimal digits. */
export const CPIO_HEADER_SIZE = 110;

const align4 = (value: number): number => value + (-value & 3);

/** What one member takes in the archive. */
interface Member {
  readonly fields: readonly number[];
  readonly name: Buffer;
  readonly data: Uint8Array | HostFile | undefined;
  readonly dataSize: number;
}

function dataOf(entry: RootfsEntry): Uint8Array | HostFile | undefined {
  if (entry.type === 'symlink') return Buffer.from(entry.target);
  return entry.type === 'file' ? entry.data : undefined;
}

const sizeOf = (data: Uint8Array | HostFile | undefined): number =>
  data === undefined ? 0 : data instanceof Uint8Array ? data.length : data.size;

function member(
  path: string,
  mode: number,
  of: {
    inode: number;
    links: number;
    owner?: readonly [number, number];
    device?: readonly [number, number];
  },
  data?: Uint8Array | HostFile,
): Member {
  const name = Buffer.from(`${path}\0`);
  const { inode, links, owner = [0, 0], device = [0, 0] } = of;
  const dataSize = sizeOf(data);
  // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
  const fields = [inode, mode, ...owner, links, 0, dataSize, 0, 0, ...device, name.length, 0];
  return { fields, name, data, dataSize };
}

function members(entries: readonly RootfsEntry[]): Member[] {
  const groups = new Map<string, { inode: number; links: number; left: number }>();
  for (const [index, entry] of entries.entries()) {
    if (entry.type !== 'file' || entry.link === undefined) continue;
    const group = groups.get(entry.link);
    if (group === undefined) groups.set(entry.link, { inode: index + 1, links: 1, left: 1 });
    else group.left = ++group.links;
  }
  const list = entries.map((entry, index) => {
    const group = entry.type === 'file' && entry.link !== undefined ? groups.get(entry.link) : undefined;
    if (group !== undefined) group.left--;
    const device = 'major' in entry ? ([entry.major, entry.minor] as const) : ([0, 0] as const);
    return member(
      entry.path,
      FILE_TYPE_BITS[entry.type] | (entry.type === 'symlink' ? 0o777 : entry.mode),
      {
        inode: group?.inode ?? index + 1,
        links: group?.links ?? (entry.type === 'directory' ? 2 : 1),
        owner: [entry.uid ?? 0, entry.gid ?? 0],
        device,
      },
      // Of hard links only the last carries the bytes, as GNU cpio has it.
      group !== undefined && group.left > 0 ? undefined : dataOf(entry),
    );
  });
  return [...list, member(CPIO_TRAILER, 0, { inode: 0, links: 1 })];
}

/** Reads a file of the host to exactly where it belongs; a problem is returned, so that all can be told at once. */
function readHostFile({ file, size }: HostFile, into: Buffer): Diagnostic | undefined {
  try {
    const handle = openSync(file, 'r');
    try {
      let at = 0;
      while (at < size) {
        const read = readSync(handle, into, at, size - at, at);
        if (read === 0) return imageErrors.rootfsChanged(file);
        at += read;
      }
      // One byte more would mean that it has grown.
      return readSync(handle, Buffer.alloc(1), 0, 1, size) === 0
        ? undefined
        : imageErrors.rootfsChanged(file);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    return imageErrors.rootfsUnreadable(file, (error as Error).message);
  }
}

/**
 * Makes a cpio archive in the "newc" format (Documentation/driver-api/early-userspace/buffer-format.rst). Times are 0 and
 * nothing else depends on the host, so the same entries give the same bytes. The length is a multiple of 4.
 *
 * Files on the host are read straight to their place: the archive is the only copy in memory.
 *
 * @throws UklError (all problems at once) UKL3030 (a file cannot be read), UKL3031 (one has changed), UKL3032 (an entry
 *   the kernel would leave out without a word)
 */
export function writeCpio(entries: readonly RootfsEntry[]): Uint8Array {
  const problems = checkEntries(entries);
  if (problems.length > 0) throw new UklError(problems);
  const list = members(entries);
  const size = list.reduce(
    (sum, { name, dataSize }) => sum + align4(CPIO_HEADER_SIZE + name.length) + align4(dataSize),
    0,
  );
  const archive = Buffer.alloc(size);
  let at = 0;
  for (const { fields, name, data, dataSize } of list) {
    const header = CPIO_MAGIC + fields.map((field) => field.toString(16).padStart(8, '0')).join('');
    archive.write(header, at, 'latin1');
    archive.set(name, at + CPIO_HEADER_SIZE);
    at += align4(CPIO_HEADER_SIZE + name.length);
    if (data instanceof Uint8Array) {
      archive.set(data, at);
    } else if (data !== undefined) {
      const problem = readHostFile(data, archive.subarray(at, at + dataSize));
      if (problem !== undefined) problems.push(problem);
    }
    at += align4(dataSize);
  }
  if (problems.length > 0) throw new UklError(problems);
  return archive;
}
