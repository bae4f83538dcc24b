import type { RootfsEntry } from './rootfs.js';

/** File types in a mode (include/uapi/linux/stat.h). */
const typeBits: Readonly<Record<RootfsEntry['type'], number>> = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  'character device': 0o020000,
};

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);

interface Member {
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly device: readonly [major: number, minor: number];
  readonly path: string;
  readonly data: Uint8Array;
}

function member({ inode, mode, links, device, path, data }: Member): Buffer[] {
  const name = Buffer.from(`${path}\0`);
  // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
  const fields = [inode, mode, 0, 0, links, 0, data.length, 0, 0, ...device, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return [padded(Buffer.concat([header, name])), padded(Buffer.from(data))];
}

/**
 * Makes a cpio archive in the "newc" format (Documentation/driver-api/early-userspace/buffer-format.rst). Owner is
 * root, times are 0, so the same entries give the same bytes. The length is a multiple of 4.
 */
export function writeCpio(entries: readonly RootfsEntry[]): Uint8Array {
  const parts = entries.flatMap((entry, index) =>
    member({
      inode: index + 1,
      mode: typeBits[entry.type] | (entry.type === 'symlink' ? 0o777 : entry.mode),
      links: entry.type === 'directory' ? 2 : 1,
      device: entry.type === 'character device' ? [entry.major, entry.minor] : [0, 0],
      path: entry.path,
      data: entry.type === 'file' ? entry.data : Buffer.from(entry.type === 'symlink' ? entry.target : ''),
    }),
  );
  const end = member({
    inode: 0,
    mode: 0,
    links: 1,
    device: [0, 0],
    path: 'TRAILER!!!',
    data: Buffer.alloc(0),
  });
  return Buffer.concat([...parts, ...end]);
}
