import { join } from 'node:path';
import { packageRoot } from '../host/index.js';
import { guestInitArguments } from '../image/rootfs.js';
import { runToolOrThrow } from './process.js';

/** Compiles guest/init.c to `init` of a kit. Throws UKL6007. */
export async function makeGuestInit(kitFolder: string): Promise<void> {
  await runToolOrThrow('gcc', guestInitArguments(packageRoot, join(kitFolder, 'init')));
}
