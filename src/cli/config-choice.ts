import { existsSync } from 'node:fs';
import type { Config } from '../config/index.js';

/** The configuration file that is taken when none is named, from the current folder. */
export const CONFIG_FILE = 'ukl.json';

/** What --config says on every help page. */
export const CONFIG_HELP = `Options from a file, docs/config.md [${CONFIG_FILE}, where the command line names no`;

/**
 * The configuration file of a run: the one that is named, or, for a command line that leaves open what it is about, that of the current folder.
 * Most links have none: what reads it is loaded only here. Throws UKL6005, UKL6020-6023.
 */
export async function chosenConfig(named: string | undefined, open: boolean): Promise<Config | undefined> {
  const file = named ?? (open && existsSync(CONFIG_FILE) ? CONFIG_FILE : undefined);
  if (file === undefined) return undefined;
  const { readConfig } = await import('../config/index.js');
  return readConfig(file);
}
