import { parentPort, workerData } from 'node:worker_threads';
import { fuzz, type FuzzOptions } from './fuzz.js';

/** The worker of scripts/fuzz.mjs: says in shared memory which input runs, and reports at the end. */
const { shared, ...options } = workerData as FuzzOptions & { shared: SharedArrayBuffer };
const current = new BigInt64Array(shared);
const report = fuzz({ ...options, progress: (input) => Atomics.store(current, 0, BigInt(input)) });
parentPort?.postMessage({
  ...report,
  failures: report.failures.map(({ input, seed, error }) => ({ input, seed, error: error.stack })),
});
