/** What a file is and what it holds: objects, archives, programs, kits, images. docs/inspect.md is the reference of its JSON. */
export { inspectFile, type InspectOptions } from './inspect-file.js';
export * from './report.js';
