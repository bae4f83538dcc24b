import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { imageErrors, UklError, type Diagnostic } from '../errors/index.js';
import type { RootfsEntry } from './rootfs-entry.js';

/** dev_t as glibc has it (gnu_dev_major(), gnu_dev_minor()). */
const majorOf = (rdev: number): number =>
  (Math.floor(rdev / 2 ** 8) & 0xfff) + Math.floor(rdev / 2 ** 44) * 2 ** 12;
const minorOf = (rdev: number): number => (rdev & 0xff) + (Math.floor(rdev / 2 ** 20) & 0xfff) * 2 ** 8;

/** The user who makes the archive becomes root in it; everybody else stays who they are. */
function ownerOf(stats: Stats): { uid?: number; gid?: number } {
  const uid = stats.uid === process.getuid?.() ? 0 : stats.uid;
  const gid = stats.gid === process.getgid?.() ? 0 : stats.gid;
  return { ...(uid === 0 ? {} : { uid }), ...(gid === 0 ? {} : { gid }) };
}

/** A file of the host as the entry of a path; undefined: it is of no type that a cpio archive knows. */
export function entryOf(file: string, path: string, stats: Stats): RootfsEntry | undefined {
  const owner = ownerOf(stats);
  const base = { path, mode: stats.mode & 0o7777, ...owner };
  if (stats.isFile()) {
    const link = stats.nlink > 1 ? { link: `${stats.dev}:${stats.ino}` } : {};
    return { type: 'file', ...base, data: { file, size: stats.size }, ...link };
  }
  if (stats.isDirectory()) return { type: 'directory', ...base };
  if (stats.isSymbolicLink()) return { type: 'symlink', path, ...owner, target: readlinkSync(file) };
  if (stats.isFIFO()) return { type: 'fifo', ...base };
  if (stats.isSocket()) return { type: 'socket', ...base };
  const device = { major: majorOf(stats.rdev), minor: minorOf(stats.rdev) };
  if (stats.isCharacterDevice()) return { type: 'character device', ...base, ...device };
  if (stats.isBlockDevice()) return { type: 'block device', ...base, ...device };
  return undefined;
}

/**
 * The tree below a folder of the host as entries, in an order that does not depend on the host's file system. Files are
 * not read yet. Symbolic links are taken as they are; other file systems mounted below are entered.
 *
 * @throws UklError UKL3030, UKL3032: everything that cannot be taken, at once
 */
export function readHostTree(root: string): RootfsEntry[] {
  const entries: RootfsEntry[] = [];
  const problems: Diagnostic[] = [];
  const walk = (folder: string, prefix: string): void => {
    let names: Buffer[];
    try {
      names = readdirSync(folder, { encoding: 'buffer' });
    } catch (error) {
      problems.push(imageErrors.rootfsUnreadable(folder, (error as Error).message));
      return;
    }
    for (const raw of names.sort((a, b) => a.compare(b))) {
      const name = raw.toString('utf8');
      const path = prefix + name;
      if (!Buffer.from(name).equals(raw)) {
        problems.push(imageErrors.rootfsEntryUnusable(path, 'its name is not UTF-8'));
        continue;
      }
      const file = join(folder, name);
      try {
        const entry = entryOf(file, path, lstatSync(file));
        if (entry === undefined) {
          problems.push(imageErrors.rootfsEntryUnusable(path, 'it is of no type that a cpio archive knows'));
          continue;
        }
        entries.push(entry);
        if (entry.type === 'directory') walk(file, `${path}/`);
      } catch (error) {
        problems.push(imageErrors.rootfsUnreadable(file, (error as Error).message));
      }
    }
  };
  walk(root, '');
  if (problems.length > 0) throw new UklError(problems);
  return entries;
}
