import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { UklError, hostErrors } from '../errors/index.js';

/** Something the machine must have: a command on PATH, or a file such as a C header. */
export interface Requirement {
  readonly kind: 'command' | 'file';
  /** Name of the command, or absolute path of the file. */
  readonly name: string;
  /** Debian's package that brings it. */
  readonly package: string;
}

/** Where Debian has an administrator's commands; a user's PATH lacks them, and some are for users, too (mke2fs). */
const SBIN = '/usr/sbin:/sbin';

/** The path of a command, looked up on PATH as a shell does, then where administrators have theirs, or undefined. A name with a slash is taken as it is. */
export function findTool(
  name: string,
  path: string = `${process.env.PATH ?? ''}:${SBIN}`,
): string | undefined {
  const candidates = name.includes('/') ? [name] : path.split(delimiter).map((dir) => join(dir || '.', name));
  return candidates.find(isExecutableFile);
}

/** Those of the requirements that this machine does not have, in the given order. */
export function missingRequirements(requirements: readonly Requirement[]): Requirement[] {
  return requirements.filter((r) =>
    r.kind === 'command' ? findTool(r.name) === undefined : !existsSync(r.name),
  );
}

/** The one command line that installs the packages on Debian, for the user who reads it. */
export function installCommand(packages: Iterable<string>): string {
  const names = [...new Set(packages)].sort().join(' ');
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  return `${sudo}apt-get install -y --no-install-recommends ${names}`;
}

/** Throws UKL6002, naming everything that is missing and the one command that installs it all. */
export function demandRequirements(requirements: readonly Requirement[]): void {
  const missing = missingRequirements(requirements);
  if (missing.length === 0) return;
  throw new UklError(
    hostErrors.toolsMissing(
      missing.map((r) => r.name),
      installCommand(missing.map((r) => r.package)),
    ),
  );
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Absent, not ours to run, or behind a folder we may not enter: in each case the search goes on, as a shell's does.
    return false;
  }
}
