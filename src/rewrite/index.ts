export { CacheError, RewriteCache } from './cache.js';
export { contentKey } from './content-key.js';
export { originalNames } from './original-names.js';
export { prefixedName } from './prefix.js';
export { readSites, rewriteInputs, type RewriteInput, type RewriteResult } from './rewrite.js';
export type { ObjectSites, RewriteOptions } from './rewrite-file.js';
export { KERNEL_NAME, SYSCALL_MODES, type SyscallMode } from './sites/redirect.js';
export { nativeReasons, type NativeReason, type SyscallSite } from './sites/site.js';
