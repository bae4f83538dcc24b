/** What the checks of objects find (docs/checks.md). Plain data in and out; which objects are linked is src/inputs' matter. */
export { CHECKS_VERSION, findingsOf, findingsOfExecutable } from './check-object.js';
export { diagnosticOf, type Finding } from './finding.js';
export { functionsOf, isCode, type FunctionRange } from './functions.js';
