import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageErrors, UklError } from '../errors/index.js';
import { packageRoot } from '../host/index.js';

/** Made of guest/ when the tool is built: a link has no compiler, and a new /init needs no new kit. */
const GUEST_INIT = join(packageRoot, 'dist', 'init');

/**
 * `/init` of the default root file system.
 *
 * @throws UklError UKL3035
 */
export async function readGuestInit(): Promise<Uint8Array> {
  try {
    return await readFile(GUEST_INIT);
  } catch (error) {
    throw new UklError(imageErrors.guestInitMissing(GUEST_INIT, (error as Error).message), { cause: error });
  }
}
