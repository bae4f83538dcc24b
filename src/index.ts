export { UklError, type Diagnostic, type Place, type Severity } from './errors/index.js';
export { check, type CheckOptions, type CheckResult } from './check.js';
export { link, type LinkOptions, type LinkResult } from './link.js';
export { runImage, type RunOptions, type RunResult } from './run/index.js';
export { findKit, listKits } from './kernel/store.js';
export type { LinkedSite, SyscallReport } from './report/index.js';
export { nativeReasons, type NativeReason, type SyscallMode } from './rewrite/index.js';
