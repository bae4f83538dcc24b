export { formatSyscallMap, summaryOf } from './syscall-map.js';
export { executableSites } from './executable-sites.js';
export { reportSites, type LinkedSite, type SiteSource, type SyscallReport } from './syscall-sites.js';
