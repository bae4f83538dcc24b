import { UklError } from '../errors/index.js';
import { loadBootParts, type BootParts, type ImageCompression } from '../image/index.js';
import { readKitFile, type Kit } from '../kernel/kit.js';
import { attempt } from './attempt.js';

/** The boot parts for one compression, and the first process. */
export interface KitContent {
  readonly parts: BootParts;
  readonly init: Uint8Array;
}

/** Reads and checks what a link needs of a kit; what is missing or damaged is thrown together (UKL3xxx, UKL4013). */
export async function loadKitContent(kit: Kit, compress: ImageCompression): Promise<KitContent> {
  const [parts, init] = await Promise.all([
    attempt(() => loadBootParts(kit.folder, compress)),
    attempt(() => readKitFile(kit, 'init')),
  ]);
  if (parts.value === undefined || init.value === undefined) {
    throw new UklError([...parts.problems, ...init.problems]);
  }
  return { parts: parts.value, init: init.value };
}
