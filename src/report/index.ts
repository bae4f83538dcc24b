export { formatSyscallMap, summaryOf } from './syscall-map.js';
export { reportSites, type LinkedSite, type SiteSource, type SyscallReport } from './syscall-sites.js';
