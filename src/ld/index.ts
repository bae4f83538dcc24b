export { LINKER_SCRIPT, runLd, type LdInput, type LdJob, type LdOptions } from './run-ld.js';
export { finishProgram, PT_UKL_INITRAMFS, type SlotProgram } from './finish.js';
export { layOutStaticPie } from './static-pie.js';
export { collectBootRelocations, type BootRelocations } from './boot-relocations.js';
export { isDefinedByLinker, isLinkerName } from './linker-symbols.js';
export { parseLinkMap, type LinkMap, type PlacedSection } from './link-map.js';
