import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * The user's cache folder: `$UKL_CACHE_DIR`, else `$XDG_CACHE_HOME/ukl-link`, else `~/.cache/ukl-link`. An empty variable
 * counts as unset, as the XDG Base Directory Specification says.
 */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (env.UKL_CACHE_DIR) return resolve(env.UKL_CACHE_DIR);
  if (env.XDG_CACHE_HOME) return resolve(env.XDG_CACHE_HOME, 'ukl-link');
  return join(homedir(), '.cache', 'ukl-link');
}
