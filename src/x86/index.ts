/**
 * Decoding of x86-64 code: instruction boundaries, control flow, registers. A thin layer over iced-x86, whose `Instruction` it hands
 * out; the library is loaded when the first byte is decoded. Knows nothing of unikernels.
 */
export type { Instruction } from 'iced-x86';
export { directTarget } from './branch.js';
export { CodeTable, type Branch } from './code.js';
export { iced, type Iced } from './decoder.js';
export { ReachedCode, type FlowFacts } from './reached.js';
export { registerUse, type RegisterUse } from './registers.js';
export { LONGEST_INSTRUCTION, forEachInstruction, lookAt } from './sweep.js';
