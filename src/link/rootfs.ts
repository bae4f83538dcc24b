import { basename, extname } from 'node:path';
import { writeCpio } from '../image/cpio.js';
import { defaultRootfs } from '../image/rootfs.js';
import type { RootfsEntry } from '../image/rootfs-entry.js';
import { rootfsWithProgram } from '../image/user-rootfs.js';
import type { LinkOptions } from './options.js';
import type { Resolved } from './resolve.js';

/**
 * The archive that the kernel unpacks at boot, with the program's arguments and environment in it, and what the kernel must be told to
 * find its first process there.
 */
export async function makeRootfs(
  ourInit: Uint8Array,
  { program, args = [], env = [] }: LinkOptions,
  { tree, added }: Pick<Resolved, 'tree' | 'added'>,
): Promise<{ archive: Uint8Array; cmdline?: string }> {
  const content = { init: ourInit, argv: [programName(program), ...args], env };
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
  const { withAddedFiles } = await import('../image/added-files.js');
  return withAddedFiles(entries, added);
}

/** argv[0]: the first input's name without its ending. */
function programName(program: readonly string[]): string {
  const first = program.find((word) => !word.startsWith('-')) ?? 'program';
  return basename(first, extname(first));
}
