import { getHeapStatistics } from 'node:v8';
import { endAccount, startAccount } from './accounting.js';
import { Findings } from './findings.js';
import { mutate } from './mutations/bytes.js';
import { Random } from './random.js';
import type { Subject } from './subject.js';

/** How many bytes may be asked for per byte of input, besides a subject's allowance. */
const MULTIPLE = 16;
/** What one input may add to the heap before anything is collected, in bytes: objects are larger than the bytes they describe. */
const HEAP = 32 << 20;

export interface FuzzOptions {
  /** Number of the first input; input n is the same in every run and on every machine. */
  readonly first: number;
  readonly count: number;
  readonly subjects: readonly Subject[];
  /** Leave out inputs of subjects whose names begin otherwise. */
  readonly only?: string | undefined;
  /** Called before each input, so that a hang can be told. */
  readonly progress?: (input: number) => void;
}

/** What a run found about one subject. */
export interface SubjectReport {
  inputs: number;
  /** Inputs in which nothing was wrong. */
  accepted: number;
  /** How many inputs gave each catalogued code. */
  readonly codes: Map<string, number>;
  /** The longest that one input took, in milliseconds. */
  slowest: number;
  /** The most bytes that one input asked for, and added to the heap. */
  mostBytes: number;
  mostHeap: number;
}

export interface FuzzReport {
  readonly bySubject: ReadonlyMap<string, SubjectReport>;
  /** Inputs that broke a promise, at most ten: what happened. */
  readonly failures: readonly string[];
}

/** A numbered input: a damaged copy of a seed of one of the subjects. */
export interface Input {
  readonly subject: Subject;
  readonly seed: string;
  readonly bytes: Uint8Array;
}

export function inputNumber(subjects: readonly Subject[], input: number): Input {
  const random = new Random(input);
  const subject = random.pick(subjects.flatMap((s) => Array<Subject>(s.share).fill(s)));
  const seed = random.pick([...subject.seeds.keys()]);
  const bytes = mutate(subject.seeds.get(seed) ?? new Uint8Array(0), subject.mutations, random);
  return { subject, seed, bytes };
}

/** Lets a subject work on an input, within its memory. */
export async function exercise({
  subject,
  seed,
  bytes,
}: Input): Promise<{ readonly codes: ReadonlySet<string>; readonly asked: number; readonly heap: number }> {
  const findings = new Findings();
  const before = getHeapStatistics().used_heap_size;
  startAccount(bytes.length * MULTIPLE + subject.allowance);
  try {
    await subject.exercise(bytes, findings, seed);
  } catch (error) {
    throw endAccount().refusal ?? error;
  }
  const { used: asked, refusal } = endAccount();
  if (refusal !== undefined) throw refusal;
  const heap = getHeapStatistics().used_heap_size - before;
  if (heap > HEAP) throw new Error(`${heap} bytes of heap for an input of ${bytes.length}`);
  return { codes: findings.codes, asked, heap };
}

/** Runs inputs `first` to `first + count - 1`. */
export async function fuzz({ first, count, subjects, only, progress }: FuzzOptions): Promise<FuzzReport> {
  const bySubject = new Map(
    subjects.map(({ name }): [string, SubjectReport] => [
      name,
      { inputs: 0, accepted: 0, codes: new Map(), slowest: 0, mostBytes: 0, mostHeap: 0 },
    ]),
  );
  const failures: string[] = [];
  for (let input = first; input < first + count && failures.length < 10; input++) {
    progress?.(input);
    const { subject, seed, bytes } = inputNumber(subjects, input);
    const report = bySubject.get(subject.name);
    if (report === undefined || (only !== undefined && !subject.name.startsWith(only))) continue;
    const start = performance.now();
    report.inputs++;
    try {
      const { codes, asked, heap } = await exercise({ subject, seed, bytes });
      if (codes.size === 0) report.accepted++;
      for (const code of codes) report.codes.set(code, (report.codes.get(code) ?? 0) + 1);
      report.mostBytes = Math.max(report.mostBytes, asked);
      report.mostHeap = Math.max(report.mostHeap, heap);
    } catch (error) {
      failures.push(`input ${input}, ${subject.name}, ${seed}: ${told(error)}`);
    }
    report.slowest = Math.max(report.slowest, performance.now() - start);
  }
  return { bySubject, failures };
}

/** An error with the frames that matter. */
function told(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return stack
    .replaceAll(/\(file:.*worker[^:]*/g, '(worker')
    .split('\n')
    .slice(0, 8)
    .join('\n');
}
