import { median } from './measure.js';

/** Where the same program ran. */
export const RINGS = ['ring3', 'ring0'] as const;
export type Ring = (typeof RINGS)[number];

/** What one subject costs in one ring. */
export interface Count {
  /** Instructions of one round: the median of the samples. */
  readonly instructions: number;
  /** How far the middle half of the samples lies apart, as a part of the median. */
  readonly spread: number;
  /** How many samples. */
  readonly samples: number;
}

/** Counts by ring and subject. */
export type Counts = Readonly<Record<Ring, ReadonlyMap<string, Count>>>;

/** Reads what guest/bench wrote; a line that is none of its own is not looked at. */
export function parseSamples(console: string): Counts {
  const counts = { ring3: new Map<string, Count>(), ring0: new Map<string, Count>() };
  for (const line of console.split('\n')) {
    const [name, subject, rounds, ...samples] = line.trimEnd().split('\t');
    const ring = RINGS.find((one) => one === name);
    if (ring === undefined || subject === undefined || samples.length === 0) continue;
    counts[ring].set(subject, summarize(samples.map(Number), Number(rounds)));
  }
  return counts;
}

function summarize(samples: readonly number[], rounds: number): Count {
  const sorted = samples.map((instructions) => instructions / rounds).sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const middle = median(sorted);
  const quartiles = [sorted.slice(0, half), sorted.slice(-half)].map(median);
  const [lower = middle, upper = middle] = half === 0 ? [] : quartiles;
  return { instructions: middle, spread: (upper - lower) / middle, samples: sorted.length };
}
