export { parseProgramArguments, type InputArgument, type ProgramArguments } from './arguments.js';
export { findToolchain, type Toolchain } from './toolchain.js';
export { memorySize } from './memory-size.js';
export { ldInputs } from './ld-inputs.js';
export { resolveInputs, type LinkItem, type ResolvedInputs } from './inputs.js';
export type { InputArchive, InputFile, InputObject } from './files.js';
export { Resolution, type LinkedObject } from './resolve.js';
