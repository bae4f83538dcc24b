export { CacheError, RewriteCache, contentKey } from './cache.js';
export { originalNames } from './original-names.js';
export { PREFIX, prefixedName } from './prefix.js';
export { rewriteInputs, type RewriteInput, type RewriteResult } from './rewrite.js';
