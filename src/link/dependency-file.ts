import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../host/index.js';
import { LINKER_SCRIPT } from '../ld/index.js';
import type { LinkOptions } from './options.js';
import type { Resolved } from './resolve.js';

/** Everything that an image depends on, each once: what was linked, tools, kit, what goes into the root file system. */
export function dependenciesOf({ source, files, kit, tree }: Resolved, options: LinkOptions): string[] {
  const { rootfs, dependsOn = [] } = options;
  const tool = join(packageRoot, 'dist', 'cli.cjs');
  return [
    ...new Set([
      ...files.flatMap(({ path, memberPaths = [] }) => [path, ...memberPaths]),
      ...dependsOn,
      ...(rootfs === undefined ? [] : [rootfs]),
      ...(tree ?? []).flatMap((entry) => {
        if (entry.type === 'directory' && rootfs !== undefined) return [join(rootfs, entry.path)];
        return entry.type === 'file' && 'file' in entry.data ? [entry.data.file] : [];
      }),
      ...(source.kind === 'inputs' ? [source.toolchain.ld, LINKER_SCRIPT] : []),
      // Sources that run unbundled, in tests, have no such file.
      ...(existsSync(tool) ? [tool] : []),
      // The folder of kits changes when another one becomes the one that links take.
      ...(options.kit?.includes('/') === true ? [] : [dirname(kit.folder)]),
      join(kit.folder, 'manifest.json'),
    ]),
  ];
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
