/** Unwind tables of objects: .eh_frame, CFA programs, language-specific data. */
export { advanceLocation, cfaOperations, type CfaOperation } from './cfa-program.js';
export { readEhFrame, type Cie, type EhFrame, type Fde } from './eh-frame.js';
export { DW_EH_PE, encodedSize } from './encoding.js';
export { readCallSites, type CallSite } from './lsda.js';
export {
  relocatedPlace,
  relocationsByOffset,
  type RelocationAt,
  type SectionOffset,
} from './object-places.js';
