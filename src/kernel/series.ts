import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UklError, kernelErrors } from '../errors/index.js';
import { packageRoot } from '../host/index.js';

/** The patches for one kernel version, in the order in which they apply, and the configuration that goes with them. */
export interface Series {
  /** The version the patches are for, `6.1`: VERSION and PATCHLEVEL of the kernel's Makefile. */
  readonly version: string;
  readonly folder: string;
  /** File names, in order. */
  readonly patches: readonly string[];
  /** Which configuration: `default`, or the name of a fragment beside base.config. */
  readonly profile: string;
  /** Paths of the configuration's fragments; a later one has the last word. */
  readonly configs: readonly string[];
  /** SHA-256 over names and contents, in hex: two tools with the same digest build the same kernel from the same source. */
  readonly digest: string;
}

const VERSION = '6.1';

/** Where the series of this package lies. */
export const seriesFolder: string = join(packageRoot, 'patches', `linux-${VERSION}`);

/** The profile that is base.config alone. */
export const DEFAULT_PROFILE = 'default';

const BASE = 'base.config';

/** The profiles that a patch folder has: the default one first. */
export function profilesOf(folder: string = seriesFolder): string[] {
  const fragments = readdirSync(folder).filter((name) => name.endsWith('.config') && name !== BASE);
  return [DEFAULT_PROFILE, ...fragments.map((name) => name.slice(0, -'.config'.length)).sort()];
}

/**
 * Reads a patch folder: `NNNN-name.patch` files, base.config and, `PROFILE.config`, what the profile lays over it. Synchronous and
 * small: every link compares the digest. Throws UKL4022 for a profile that the folder does not have.
 */
export function loadSeries(profile: string = DEFAULT_PROFILE, folder: string = seriesFolder): Series {
  const fragments = [BASE];
  if (profile !== DEFAULT_PROFILE) {
    const known = profilesOf(folder);
    if (!known.includes(profile)) throw new UklError(kernelErrors.profileUnknown(profile, known));
    fragments.push(`${profile}.config`);
  }
  const patches = readdirSync(folder)
    .filter((name) => name.endsWith('.patch'))
    .sort();
  const hash = createHash('sha256');
  for (const name of [...patches, ...fragments]) {
    const content = readFileSync(join(folder, name));
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return {
    version: VERSION,
    folder,
    patches,
    profile,
    configs: fragments.map((name) => join(folder, name)),
    digest: hash.digest('hex'),
  };
}
