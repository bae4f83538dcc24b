/**
 * Images: graft a linked program into a kernel's slot, pack the result as a bzImage, and read it back.
 * {@link makeBootParts} runs when a kit is built; a link needs {@link loadBootParts} and {@link packImage} only.
 */
export { loadBootParts, type BootInfo, type BootParts } from './boot-parts.js';
export { makeBootParts } from './make-boot-parts.js';
export { packImage } from './pack-image.js';
export { readImage, type Compression, type ImageInfo, type ImageProgram } from './read-image.js';
export type { SetupHeader } from './setup-header.js';
export {
  MAX_CMDLINE,
  type BootRelocs,
  type ImageContent,
  type LinkedProgram,
  type SlotInfo,
} from './types.js';
