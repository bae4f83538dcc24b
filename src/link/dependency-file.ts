import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../host/index.js';
import type { RootfsEntry } from '../image/rootfs-entry.js';
import { LINKER_SCRIPT } from '../ld/index.js';
import type { LinkOptions } from './options.js';
import type { Resolved } from './resolve.js';

/** Everything that an image depends on, each once: what was linked, tools, kit, what goes into the root file system. */
export function dependenciesOf(
  { source, files, kit, tree, added }: Resolved,
  options: LinkOptions,
): string[] {
  const { program, rootfs, dependsOn = [] } = options;
  const tool = join(packageRoot, 'dist', 'cli.cjs');
  return [
    ...new Set([
      // What an executable of the wrappers carries has a name, but no file of its own.
      ...files.flatMap(({ path, memberPaths = [] }) => [path, ...memberPaths].filter(existsSync)),
      ...program.filter((word) => word.startsWith('@')).map((word) => word.slice(1)),
      ...dependsOn,
      ...(rootfs === undefined ? [] : [rootfs]),
      ...(tree ?? []).flatMap((entry) => {
        if (entry.type === 'directory' && rootfs !== undefined) return [join(rootfs, entry.path)];
        return hostFileOf(entry);
      }),
      ...(options.files ?? []).map(({ host }) => host),
      ...added.flatMap(hostFileOf),
      ...(options.files ?? []).map(({ host }) => host),
      ...added.flatMap((entry) =>
        entry.type === 'file' && 'file' in entry.data ? inFolder(entry.data.file, options) : [],
      ),
      ...(source.kind === 'inputs' ? [source.toolchain.ld, LINKER_SCRIPT] : []),
      // Sources that run unbundled, in tests, have no such file.
      ...(existsSync(tool) ? [tool] : []),
      // The folder of kits changes when another one becomes the one that links take.
      ...(options.kit?.includes('/') === true ? [] : [dirname(kit.folder)]),
      join(kit.folder, 'manifest.json'),
    ]),
  ];
}

const hostFileOf = (entry: RootfsEntry): string[] =>
  entry.type === 'file' && 'file' in entry.data ? [entry.data.file] : [];

/** A file and, if it came with a folder, the one it lies in, which changes with what is put beside it. */
function inFolder(file: string, { files = [] }: LinkOptions): string[] {
  return files.some(({ host }) => host === file) ? [file] : [file, dirname(file)];
}

/** What no escape makes a name of a file in a Makefile. */
const UNWRITABLE = /[\t\n;=|()]|\\$/;

/**
 * A Makefile's rule for the image, and one without a recipe for each file it depends on: one that has gone makes the image old instead of
 * stopping make. Names that a Makefile cannot have are left out. Tried with GNU make 4.3.
 */
export function formatDependencies(image: string, files: readonly string[]): string {
  const names = files.filter((name) => !UNWRITABLE.test(name));
  const lines = names.map((name) => ` \\\n  ${escapeName(name, /[ #:*?[]/)}`);
  const rules = names.map((name) => `\n${escapeName(name, /[ #:*?[%]/)}:\n`);
  return `${escapeName(image, /[ #:*?[%]/)}:${lines.join('')}\n${rules.join('')}`;
}

/** Backslashes stand for themselves, except in front of a character that needs one. */
function escapeName(name: string, special: RegExp): string {
  return name.replaceAll(new RegExp(`(\\\\*)(${special.source})`, 'g'), '$1$1\\$2').replaceAll('$', '$$$$');
}
