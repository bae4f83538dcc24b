import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { exercise } from './exercise.js';
import { mutate } from './mutate.js';
import { Random } from './random.js';

export interface FuzzOptions {
  /** Number of the first input; input n is the same in every run and on every machine. */
  readonly first: number;
  readonly count: number;
  readonly seedDirectory: string;
  /** Called before each input, so that a hang can be told. */
  readonly progress?: (input: number) => void;
}

export interface FuzzReport {
  readonly inputs: number;
  /** Inputs in which nothing was wrong. */
  readonly accepted: number;
  /** How many inputs gave each catalogued code. */
  readonly codes: ReadonlyMap<string, number>;
  /** Inputs that broke a promise: at most ten, with what happened. */
  readonly failures: readonly { readonly input: number; readonly seed: string; readonly error: Error }[];
  /** The longest that one input took, in milliseconds. */
  readonly slowest: number;
  /** The most that heap and buffers grew over one input, in bytes. */
  readonly largestGrowth: number;
}

/** The input with this number: a mutated copy of one of the seed files. */
export function inputNumber(seeds: ReadonlyMap<string, Uint8Array>, input: number): [string, Uint8Array] {
  const random = new Random(input);
  const name = random.pick([...seeds.keys()]);
  return [name, mutate(seeds.get(name) ?? new Uint8Array(0), random)];
}

export function loadSeeds(directory: string): Map<string, Uint8Array> {
  return new Map(
    readdirSync(directory)
      .sort()
      .map((name) => [name, new Uint8Array(readFileSync(join(directory, name)))]),
  );
}

/** Runs inputs `first` to `first + count - 1`. */
export function fuzz(options: FuzzOptions): FuzzReport {
  const seeds = loadSeeds(options.seedDirectory);
  const codes = new Map<string, number>();
  const failures: { input: number; seed: string; error: Error }[] = [];
  let accepted = 0;
  let slowest = 0;
  let largestGrowth = 0;
  let inputs = 0;
  for (let input = options.first; input < options.first + options.count && failures.length < 10; input++) {
    options.progress?.(input);
    const [seed, bytes] = inputNumber(seeds, input);
    const before = memory();
    const start = performance.now();
    try {
      const outcome = exercise(bytes);
      if (outcome.accepted) accepted++;
      for (const code of outcome.codes) codes.set(code, (codes.get(code) ?? 0) + 1);
    } catch (error) {
      failures.push({ input, seed, error: error instanceof Error ? error : new Error(String(error)) });
    }
    slowest = Math.max(slowest, performance.now() - start);
    largestGrowth = Math.max(largestGrowth, memory() - before);
    inputs++;
  }
  return { inputs, accepted, codes, failures, slowest, largestGrowth };
}

function memory(): number {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + Math.max(external, arrayBuffers);
}
