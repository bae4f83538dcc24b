import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import type { FuzzReport } from './fuzz.js';
import type { WorkerData } from './worker.js';

/** No input may take longer, in milliseconds; on an idle machine the slowest takes a hundredth of it. */
const LIMIT = 20_000;

/** Heap of the worker, in MiB: enough for all inputs one after the other, not for one that fills it. */
const HEAP = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 32 };

/** The package's root, from where `npm` and `make` run. */
const root = process.cwd();

/**
 * Runs inputs `first` to `first + count - 1` in a thread of their own, with bounded heap and time. An input that hangs, or takes the
 * thread down, is named in the report as any other failure. `only`: the beginning of the names of the subjects that take part.
 */
export async function runFuzz(first: number, count: number, only?: string): Promise<FuzzReport> {
  // In the package, where the bundle finds node_modules.
  const folder = join(root, 'build', 'fuzz');
  mkdirSync(folder, { recursive: true });
  const bundle = join(folder, `worker-${process.pid}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: ['test/fuzz/worker.ts'],
    outfile: bundle,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  const workFolder = mkdtempSync(join(tmpdir(), 'ukl-fuzz-'));
  const shared = new SharedArrayBuffer(8);
  const seedDirectory = join(root, 'test/fuzz/seeds');
  const workerData: WorkerData = { first, count, only, seedDirectory, workFolder, shared };
  const worker = new Worker(bundle, { workerData, resourceLimits: HEAP });
  try {
    return await watch(worker, new BigInt64Array(shared));
  } finally {
    await worker.terminate();
    rmSync(workFolder, { recursive: true, force: true });
    rmSync(bundle, { force: true });
  }
}

/** Waits for the report, or for what went wrong instead. */
function watch(worker: Worker, current: BigInt64Array): Promise<FuzzReport> {
  return new Promise((resolve) => {
    const fail = (why: string): void => {
      clearInterval(timer);
      resolve({ bySubject: new Map(), failures: [`input ${Atomics.load(current, 0)} ${why}`] });
    };
    let last = -1n;
    let since = Date.now();
    const timer = setInterval(() => {
      const now = Atomics.load(current, 0);
      if (now !== last) [last, since] = [now, Date.now()];
      else if (Date.now() - since > LIMIT) fail(`did not end in ${LIMIT / 1000} s`);
    }, 500);
    worker.on('error', (error) => fail(`ended the thread: ${error.stack ?? error.message}`));
    worker.on('message', (report: FuzzReport) => {
      clearInterval(timer);
      resolve(report);
    });
    worker.on('exit', (code) => fail(`ended the thread with code ${code}`));
  });
}
