/** Debugging images with gdb. */
export { debugCommands, debugImage, type DebugOptions } from './debug-image.js';
export { gdbRequirements, type GdbTarget } from './gdb-command.js';
export { DEBUG_FILE_ENDING } from './debug-file.js';
export type { ImageSymbols, SymbolPlaces } from './image-symbols.js';
