import { writeCpio } from './cpio.js';
import { defaultRootfs, type DefaultRootfs } from './rootfs.js';
import type { RootfsEntry } from './rootfs-entry.js';
import { rootfsWithProgram } from './user-rootfs.js';

/** The user's part of an image's root file system. */
export interface UserFiles {
  /** Replaces the default one. */
  readonly tree: readonly RootfsEntry[] | undefined;
  /** Are put into it. */
  readonly added: readonly RootfsEntry[];
}

/**
 * The archive that the kernel unpacks at boot, with the program's arguments and environment in it, and what the kernel must be told to
 * find its first process there.
 *
 * @throws UklError UKL3030 to UKL3032
 */
export async function makeRootfs(
  content: DefaultRootfs,
  { tree, added }: UserFiles,
): Promise<{ archive: Uint8Array; cmdline?: string }> {
  const { entries, init } =
    tree === undefined
      ? { entries: defaultRootfs(content), init: '/init' }
      : rootfsWithProgram(tree, content);
  const archive = writeCpio(added.length === 0 ? entries : await withAdded(entries, added));
  return init === '/init' ? { archive } : { archive, cmdline: `rdinit=${init}` };
}

/** Most links add nothing, and do not load what does. */
async function withAdded(
  entries: readonly RootfsEntry[],
  added: readonly RootfsEntry[],
): Promise<RootfsEntry[]> {
  const { withAddedFiles } = await import('./added-files.js');
  return withAddedFiles(entries, added);
}
