/** Where the test suite finds its fixtures and keeps what it builds. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

/** The project's root folder: the nearest one above this file with a package.json, bundled or not. */
export const root = projectRoot(import.meta.dirname);
/** One small program per file, in one folder per subject. */
export const fixtureFolder = `${root}/fixtures`;
/** Everything the tests build; safe to delete at any time. */
export const buildFolder = `${root}/build`;

function projectRoot(folder: string): string {
  if (existsSync(`${folder}/package.json`)) return folder;
  if (folder === '/') throw new Error('no package.json above the test support code');
  return projectRoot(dirname(folder));
}
