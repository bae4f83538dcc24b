export { UKL_OPTIONS, optionBits, optionsOf, type UklOption } from './names.js';
export { BYPASSED, GENERAL_ENTRY, SHORTCUT, bindEntries, entrySymbol, type BoundEntries } from './entries.js';
