import { basename, extname } from 'node:path';
import { writeCpio } from '../image/cpio.js';
import { defaultRootfs, type RootfsEntry } from '../image/rootfs.js';
import { rootfsWithProgram } from '../image/user-rootfs.js';
import type { LinkOptions } from './options.js';

/**
 * The archive that the kernel unpacks at boot, with the program's arguments and environment in it, and what the kernel must be told to
 * find its first process there.
 */
export function makeRootfs(
  ourInit: Uint8Array,
  { program, args = [], env = [] }: LinkOptions,
  tree: readonly RootfsEntry[] | undefined,
): { archive: Uint8Array; cmdline?: string } {
  const content = { init: ourInit, argv: [programName(program), ...args], env };
  if (tree === undefined) return { archive: writeCpio(defaultRootfs(content)) };
  const { entries, init } = rootfsWithProgram(tree, content);
  const archive = writeCpio(entries);
  return init === '/init' ? { archive } : { archive, cmdline: `rdinit=${init}` };
}

/** argv[0]: the first input's name without its ending. */
function programName(program: readonly string[]): string {
  const first = program.find((word) => !word.startsWith('-')) ?? 'program';
  return basename(first, extname(first));
}
