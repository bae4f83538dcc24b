/** Benchmarks: figures as ratios within one run, because times alone say more about the machine than about the tool. */
export {
  benchLink,
  type BenchOptions,
  type BenchResult,
  type Comparison,
  type SubjectResult,
} from './bench-link.js';
export {
  METERS,
  benchGuest,
  type GuestBenchOptions,
  type GuestBenchResult,
  type GuestSubject,
} from './bench-guest.js';
export type { Count } from './guest-samples.js';
export { rewriteOne } from './rewrite-one.js';
export { ALL_VARIANTS, parseVariants } from './guest-variants.js';
