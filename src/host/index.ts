export { demandReplaceable, makeFolderAtomic, writeFileAtomic, type FileData } from './atomic.js';
export { cacheRoot } from './cache.js';
export { asIoError, systemCode, whenAbsent, type Access } from './io-error.js';
export { withLock, type LockOptions } from './lock.js';
export { PassTimer, type PassStats } from './pass-timer.js';
export { packageRoot, packageVersion } from './package.js';
export { forgetTemporary, removeTemporaries, temporaryName } from './temporary.js';
export {
  demandRequirements,
  findTool,
  installCommand,
  missingRequirements,
  type Requirement,
} from './tools.js';
