/** The distribution's own programs with the libraries they name, for a guest's root file system: at their paths, unchanged. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RootfsEntry } from '../../src/image/rootfs.js';

/** What `ldd` names, and the program itself. Throws if the program is not there: scripts/prerequisites.sh installs it. */
function filesOf(program: string): string[] {
  const said = execFileSync('ldd', [program], { encoding: 'utf8' });
  return [program, ...[...said.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path = '']) => path)];
}

/** Entries for programs and other files, with the folders above them. */
export function toolEntries(
  programs: readonly string[],
  others: Readonly<Record<string, Uint8Array>> = {},
): RootfsEntry[] {
  const files = new Map(programs.flatMap(filesOf).map((path) => [path.slice(1), readFileSync(path)]));
  for (const [path, data] of Object.entries(others)) files.set(path, Buffer.from(data));
  const folders = new Set<string>();
  for (const path of files.keys())
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  return [
    ...[...folders].sort().map((path): RootfsEntry => ({ type: 'directory', path, mode: 0o755 })),
    ...[...files].map(([path, data]): RootfsEntry => ({ type: 'file', path, mode: 0o755, data })),
  ];
}
