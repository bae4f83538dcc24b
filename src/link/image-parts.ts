import { UklError } from '../errors/index.js';
import { readGuestInit } from '../image/guest-init.js';
import { loadBootParts, type BootParts, type ImageCompression } from '../image/index.js';
import type { Kit } from '../kernel/kit.js';
import { attempt } from './attempt.js';

/** What an image has besides the program: of the kit the boot parts for one compression, of this tool the first process. */
export interface ImageParts {
  readonly parts: BootParts;
  readonly init: Uint8Array;
}

/** Reads and checks them; what is missing or damaged is thrown together (UKL3xxx). */
export async function loadImageParts(kit: Kit, compress: ImageCompression): Promise<ImageParts> {
  const [parts, init] = await Promise.all([
    attempt(() => loadBootParts(kit.folder, compress)),
    attempt(() => readGuestInit()),
  ]);
  if (parts.value === undefined || init.value === undefined) {
    throw new UklError([...parts.problems, ...init.problems]);
  }
  return { parts: parts.value, init: init.value };
}
