/**
 * Images: graft a linked program into a kernel's slot, pack the result as a bzImage, and read it back; and the root file
 * systems that go into them. {@link makeBootParts} runs when a kit is built; a link needs {@link loadBootParts} and
 * {@link packImage} only.
 */
export { loadBootParts, type BootInfo, type BootParts } from './boot-parts.js';
export { makeBootParts } from './make-boot-parts.js';
export { ALGORITHMS, COMPRESSIONS, type Algorithm, type ImageCompression } from './compression.js';
export { packImage } from './pack-image.js';
export {
  compressionOf,
  readImage,
  type Compression,
  type ImageInfo,
  type ImageProgram,
} from './read-image.js';
export { readProgram, type StoredProgram } from './read-program.js';
export type { SetupHeader } from './setup-header.js';
export {
  MAX_CMDLINE,
  type BootRelocs,
  type ImageContent,
  type LinkedProgram,
  type SlotInfo,
} from './types.js';
export { writeCpio } from './cpio.js';
export { readCpio } from './read-cpio.js';
export { readHostTree } from './host-tree.js';
export type { HostFile, RootfsEntry } from './rootfs-entry.js';
export { parseAddedFile, type AddedFile } from './added-files.js';
export { defaultRootfs, stringList, trigger, type DefaultRootfs } from './rootfs.js';
export { readRootfs, rootfsWithProgram } from './user-rootfs.js';
