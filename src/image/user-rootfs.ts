import { readFileSync, statSync } from 'node:fs';
import { imageErrors, UklError } from '../errors/index.js';
import { readHostTree } from './host-tree.js';
import { readCpio } from './read-cpio.js';
import { defaultRootfs, type DefaultRootfs } from './rootfs.js';
import type { RootfsEntry } from './rootfs-entry.js';

/**
 * Reads a root file system of the user's: a folder, or a newc cpio archive, plain or compressed with gzip.
 *
 * @throws UklError UKL3030, UKL3032 … UKL3034
 */
export function readRootfs(path: string): RootfsEntry[] {
  let archive: Buffer;
  try {
    if (statSync(path).isDirectory()) return readHostTree(path);
    archive = readFileSync(path);
  } catch (error) {
    if (error instanceof UklError) throw error;
    throw new UklError(imageErrors.rootfsUnreadable(path, (error as Error).message), { cause: error });
  }
  return readCpio(archive, { file: path });
}

/** Where the kernel finds its first process when the user's tree has no /init, and such an /init finds what it may end with. */
const OUR_INIT = '.ukl/init';

/** What of the default root file system a user's tree must have as well; the rest is the tree's own business. */
const ALWAYS: ReadonlySet<string> = new Set(['program', 'etc/ukl/argv', 'etc/ukl/env']);
/** Added where the tree has nothing of that name: /init mounts on the folders, the kernel opens the console. */
const IF_ABSENT: ReadonlySet<string> = new Set([
  'dev',
  'dev/console',
  'etc',
  'etc/ukl',
  'proc',
  'run',
  'sys',
  'tmp',
]);

/**
 * A user's tree with what a program in the slot needs (docs/architecture.md, "the guest").
 *
 * @returns the entries, and the path for the kernel's `rdinit=`
 */
export function rootfsWithProgram(
  tree: readonly RootfsEntry[],
  program: DefaultRootfs,
): { entries: RootfsEntry[]; init: string } {
  const present = new Set(tree.map((entry) => entry.path));
  const ownInit = present.has('init');
  const added: RootfsEntry[] = defaultRootfs(program).filter(
    ({ path }) => ALWAYS.has(path) || (IF_ABSENT.has(path) && !present.has(path)),
  );
  if (!present.has('.ukl')) added.push({ type: 'directory', path: '.ukl', mode: 0o755 });
  added.push({ type: 'file', path: OUR_INIT, mode: 0o755, data: program.init });
  const replaced = new Set(added.map((entry) => entry.path));
  return {
    entries: [...tree.filter((entry) => !replaced.has(entry.path)), ...added],
    init: ownInit ? '/init' : `/${OUR_INIT}`,
  };
}
