// The long run of the fuzz tests: `node scripts/fuzz.mjs [COUNT [FIRST]]`. Input number n is the same on every machine, so a number that
// failed can be run again alone. The inputs run in a worker; one that does not end within the limit is named and ends the run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';

const LIMIT_SECONDS = 20;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const count = Number(process.argv[2] ?? 200_000);
const first = Number(process.argv[3] ?? 0);
if (!Number.isSafeInteger(count) || !Number.isSafeInteger(first) || count < 1 || first < 0) {
  process.stderr.write('usage: node scripts/fuzz.mjs [COUNT [FIRST]]\n');
  process.exit(2);
}

const staging = mkdtempSync(join(tmpdir(), 'ukl-fuzz-'));
const bundle = join(staging, 'worker.mjs');
await build({
  absWorkingDir: root,
  entryPoints: ['test/fuzz/worker.ts'],
  outfile: bundle,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  logLevel: 'warning',
});

const shared = new SharedArrayBuffer(8);
const current = new BigInt64Array(shared);
const seedDirectory = join(root, 'test/fuzz/seeds');
const worker = new Worker(bundle, { workerData: { first, count, seedDirectory, shared } });
let last = -1n;
let since = Date.now();
const watch = setInterval(() => {
  const now = Atomics.load(current, 0);
  if (now !== last) [last, since] = [now, Date.now()];
  else if (Date.now() - since > LIMIT_SECONDS * 1000)
    finish(`input ${now} did not end in ${LIMIT_SECONDS} s`);
}, 1000);

worker.on('error', (error) => finish(`input ${Atomics.load(current, 0)}: ${error.stack}`));
worker.on('message', ({ inputs, accepted, codes, failures, slowest, largestGrowth }) => {
  const table = [...codes].sort().map(([code, n]) => `${code} ${n}`);
  process.stdout.write(
    `${inputs} inputs, ${accepted} of them valid, the others by code: ${table.join(', ')}\n`,
  );
  process.stdout.write(
    `slowest ${slowest.toFixed(0)} ms, largest growth ${(largestGrowth / 1e6).toFixed(1)} MB\n`,
  );
  for (const { input, seed, error } of failures) process.stderr.write(`input ${input} (${seed}): ${error}\n`);
  finish(failures.length === 0 ? undefined : `${failures.length} inputs failed`);
});

function finish(problem) {
  clearInterval(watch);
  rmSync(staging, { recursive: true, force: true });
  if (problem !== undefined) process.stderr.write(`fuzz: ${problem}\n`);
  process.exit(problem === undefined ? 0 : 1);
}
