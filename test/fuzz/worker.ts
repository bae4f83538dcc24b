// First, because it stands in for constructors that the rest uses.
import './accounting.js';
import { parentPort, workerData } from 'node:worker_threads';
import { fuzz } from './fuzz.js';
import { loadSubjects } from './subjects/index.js';

/** What the runner gives to its worker. */
export interface WorkerData {
  readonly first: number;
  readonly count: number;
  readonly only: string | undefined;
  readonly seedDirectory: string;
  /** For files of this run. */
  readonly workFolder: string;
  /** One 64-bit number, the input that is worked on, so that a hang or a crash can be told. */
  readonly shared: SharedArrayBuffer;
}

const { shared, seedDirectory, workFolder, ...range } = workerData as WorkerData;
const current = new BigInt64Array(shared);
const subjects = await loadSubjects(seedDirectory, workFolder);
const progress = (input: number): void => void Atomics.store(current, 0, BigInt(input));
parentPort?.postMessage(await fuzz({ ...range, subjects, progress }));
