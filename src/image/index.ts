/**
 * Images: graft a linked program into a kernel's slot, pack the result as a bzImage, and read it back.
 * {@link makeBootParts} runs when a kit is built; a link needs {@link loadBootParts} and {@link packImage} only.
 */
export { loadBootParts, type BootInfo, type BootParts } from './boot-parts.js';
export { packImage } from './pack-image.js';
export {
  MAX_CMDLINE,
  type BootRelocs,
  type ImageContent,
  type LinkedProgram,
  type SlotInfo,
} from './types.js';
