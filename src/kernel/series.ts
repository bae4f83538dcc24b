import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../host/index.js';

/** The patches for one kernel version, in the order in which they apply, and the configuration that goes with them. */
export interface Series {
  /** The version the patches are for, `6.1`: VERSION and PATCHLEVEL of the kernel's Makefile. */
  readonly version: string;
  readonly folder: string;
  /** File names, in order. */
  readonly patches: readonly string[];
  /** Path of base.config. */
  readonly config: string;
  /** SHA-256 over names and contents, in hex: two tools with the same digest build the same kernel from the same source. */
  readonly digest: string;
}

const VERSION = '6.1';

/** Where the series of this package lies. */
export const seriesFolder: string = join(packageRoot, 'patches', `linux-${VERSION}`);

/** Reads a patch folder: `NNNN-name.patch` files and base.config. Synchronous and small: every link compares the digest. */
export function loadSeries(folder: string = seriesFolder): Series {
  const patches = readdirSync(folder)
    .filter((name) => name.endsWith('.patch'))
    .sort();
  const hash = createHash('sha256');
  for (const name of [...patches, 'base.config']) {
    const content = readFileSync(join(folder, name));
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return {
    version: VERSION,
    folder,
    patches,
    config: join(folder, 'base.config'),
    digest: hash.digest('hex'),
  };
}
