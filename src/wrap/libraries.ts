import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { NamedInput } from './command-line.js';

/** Where ld looks behind the folders of `-L` (its SEARCH_DIRs, `ld --verbose`). */
const DEFAULT_FOLDERS = [
  '/usr/local/lib/x86_64-linux-gnu',
  '/lib/x86_64-linux-gnu',
  '/usr/lib/x86_64-linux-gnu',
  '/usr/local/lib64',
  '/lib64',
  '/usr/lib64',
  '/usr/local/lib',
  '/lib',
  '/usr/lib',
];

/** What gcc and g++ put at both ends of every link: ukl-link has its own. */
const START_FILE = /^(?:(?:[gSM]?|rg?|Sg?)crt[01]|crt[in]|crtbegin[ST]?|crtend[S]?)\.o$/;

/** Libraries that every link with the kernel searches by itself. */
const STANDARD_LIBRARIES: ReadonlySet<string> = new Set(['c', 'm', 'gcc', 'gcc_s', 'gcc_eh', 'stdc++']);

/** The file that ld takes for an input, undefined when there is none. */
export function findInput(
  { kind, name, shared }: NamedInput,
  folders: readonly string[],
): string | undefined {
  if (kind === 'file') return existsSync(name) ? name : findFile(name, folders);
  if (name.startsWith(':')) return findFile(name.slice(1), folders);
  for (const folder of [...folders, ...DEFAULT_FOLDERS]) {
    for (const ending of shared ? ['so', 'a'] : ['a']) {
      const path = join(folder, `lib${name}.${ending}`);
      if (existsSync(path)) return path;
    }
  }
  return undefined;
}

export function findFile(name: string, folders: readonly string[]): string | undefined {
  return [...folders, ...DEFAULT_FOLDERS]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

export function isStartFile(path: string): boolean {
  return START_FILE.test(basename(path));
}

/** Whether a file belongs to the system, and will be there when the link with the kernel is made. */
export function isSystem(path: string): boolean {
  return /^\/(?:usr\/)?lib(?:64)?\//.test(realpathSync(path));
}

/** `ssl` of libssl.a, libssl.so and libssl.so.3; undefined for a file that `-l` does not find under such a name. */
export function libraryName(path: string): string | undefined {
  return /^lib(.+?)\.(?:a|so(?:\.[\d.]+)?)$/.exec(basename(path))?.[1];
}

/** Whether every link with the kernel has this library of the system, or the dynamic linker, without being told. */
export function isStandard(path: string): boolean {
  return STANDARD_LIBRARIES.has(libraryName(path) ?? '') || basename(path).startsWith('ld-linux');
}

/** The archive that holds what a shared library holds, if it was built as well. */
export function archiveBeside(shared: string): string | undefined {
  const name = libraryName(shared);
  const path = name === undefined ? undefined : join(dirname(shared), `lib${name}.a`);
  return path !== undefined && existsSync(path) ? path : undefined;
}
