import { imageErrors, type Diagnostic } from '../errors/index.js';
import { contentSize, type RootfsEntry } from './rootfs-entry.js';

/** Longest path and longest link target the kernel takes, with its NUL (PATH_MAX). */
const PATH_MAX = 4096;
/** Fields of a newc header are 32 bits. */
const FIELD_MAX = 0xffff_ffff;

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function checkPath(path: string): string | undefined {
  if (path === '' || path.startsWith('/')) return 'its path must be relative and not empty';
  if (path.includes('\0')) return 'its path holds a NUL';
  if (Buffer.byteLength(path) >= PATH_MAX) return `its path is longer than ${PATH_MAX - 1} bytes`;
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..'))
    return 'its path has an empty, "." or ".." component';
  if (path === 'TRAILER!!!') return 'this name ends a cpio archive';
  return undefined;
}

function checkContent(entry: RootfsEntry): string | undefined {
  if (entry.type === 'symlink') {
    const length = Buffer.byteLength(entry.target);
    if (length === 0 || length >= PATH_MAX || entry.target.includes('\0'))
      return `its target must have 1 to ${PATH_MAX - 1} bytes and no NUL`;
  } else if (entry.mode !== (entry.mode & 0o7777)) {
    return `its mode has more than permission bits (${entry.mode.toString(8)})`;
  }
  if (entry.type === 'file') {
    const size = contentSize(entry);
    if (size > FIELD_MAX) return `it has ${size} bytes, a cpio archive takes at most ${FIELD_MAX}`;
  }
  return undefined;
}

function checkParent(parent: string, type: RootfsEntry['type'] | undefined): string | undefined {
  if (type === 'directory') return undefined;
  return type === undefined
    ? `its folder ${parent} does not come before it`
    : `/${parent} is no folder but a ${type}`;
}

/**
 * What the kernel would not unpack, and mostly not even mention (init/initramfs.c): bad paths, an entry whose folder does
 * not come before it, the same path twice.
 */
export function checkEntries(entries: readonly RootfsEntry[]): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const seen = new Map<string, RootfsEntry['type']>();
  for (const entry of entries) {
    const { path } = entry;
    const parent = parentOf(path);
    const why =
      checkPath(path) ??
      checkContent(entry) ??
      (seen.has(path) ? 'there is another entry of this path' : undefined) ??
      (parent === '' ? undefined : checkParent(parent, seen.get(parent)));
    if (why !== undefined) problems.push(imageErrors.rootfsEntryUnusable(path, why));
    seen.set(path, entry.type);
  }
  return problems;
}
