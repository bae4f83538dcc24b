import { compressionsOf } from '../image/boot-parts.js';
import { makeBootParts } from '../image/make-boot-parts.js';
import type { KitParts } from './make-kit.js';

/** The real parts of a kit. */
export const kitParts: KitParts = {
  boot: async (buildDir, outDir) => compressionsOf(await makeBootParts({ buildDir, outDir })),
};
