import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { linkErrors, type Diagnostic } from '../errors/index.js';

/** The path of a library, or why there is none. */
export type Found = { readonly path: string } | { readonly problem: Diagnostic };

/**
 * Finds the archive of `-lNAME` (`libNAME.a`) or `-l:FILE` in these folders, in order, as a static link does: shared libraries
 * do not count, but are named when nothing else is there (UKL2006, UKL2007).
 */
export function findLibrary(name: string, exact: boolean, dirs: readonly string[]): Found {
  const file = exact ? name : `lib${name}.a`;
  const tried = dirs.map((dir) => join(dir, file));
  const path = tried.find((candidate) => existsSync(candidate));
  if (path !== undefined) return { path };
  const label = exact ? `:${name}` : name;
  const shared = exact
    ? undefined
    : dirs.map((dir) => join(dir, `lib${name}.so`)).find((candidate) => existsSync(candidate));
  return {
    problem:
      shared === undefined
        ? linkErrors.libraryNotFound(label, tried)
        : linkErrors.libraryOnlyShared(label, shared, tried),
  };
}
