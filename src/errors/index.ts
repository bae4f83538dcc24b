/**
 * The one catalogue of errors. A function per error, a file per domain; each returns a Diagnostic.
 * Code ranges: 1xxx ELF and ar files, 2xxx inputs and linking, 3xxx images, 4xxx kernel source and kits,
 * 5xxx running, 6xxx command line and host tools.
 */
export { UklError, type Diagnostic, type Place, type Severity } from './diagnostic.js';
export { checkErrors, type CheckName } from './checks.js';
export { configErrors } from './config.js';
export { diskErrors } from './disk.js';
export { elfErrors } from './elf.js';
export { imageErrors } from './image.js';
export { hostErrors } from './host.js';
export { kernelErrors } from './kernel.js';
export { linkErrors, placeName, type Reference } from './link.js';
export { runErrors } from './run.js';
export { judgeFindings, type WarningOptions } from './warnings.js';
