import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { UklError, type Diagnostic } from '../errors/index.js';
import { asIoError } from '../host/index.js';
import type { Located } from './input-word.js';
import { describeIssues } from './issues.js';
import { readJsonText } from './json-text.js';
import { configSchema } from './schema.js';
import { linkSettings, runSettings, type LinkSettings, type RunSettings } from './settings.js';

/** A configuration file, understood. */
export interface Config {
  /** Its path, as it was given. */
  readonly file: string;
  readonly link: LinkSettings;
  readonly run: RunSettings;
}

/**
 * Reads a configuration file (docs/config.md). Relative paths in it belong to its folder. Throws UKL6005, UKL6020, and all of UKL6021-6023
 * together.
 */
export async function readConfig(file: string): Promise<Config> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw asIoError(error, file, 'read');
  });
  const json = readJsonText(text, file);
  const checked = configSchema.safeParse(json.value);
  if (!checked.success) {
    const problems = describeIssues(checked.error.issues, configSchema, json).sort(byPlace);
    throw new UklError(problems, { cause: checked.error });
  }
  const located = locatedFrom(dirname(file));
  return { file, link: linkSettings(checked.data, located), run: runSettings(checked.data, located) };
}

/** In the order of the text. */
function byPlace(a: Diagnostic, b: Diagnostic): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

/** Paths keep their spelling where they can: `a/../b` need not be `b`. */
function locatedFrom(folder: string): Located {
  if (folder === '.') return (path) => path;
  return (path) => (isAbsolute(path) ? path : `${folder}/${path}`);
}
