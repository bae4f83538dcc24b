import type { Findings } from './findings.js';
import type { Mutation } from './mutations/bytes.js';

/** Something that reads input, with what it takes to try it. */
export interface Subject {
  readonly name: string;
  /** Weight: how many inputs it gets compared with the others. */
  readonly share: number;
  /** Sound inputs by name, to be damaged. */
  readonly seeds: ReadonlyMap<string, Uint8Array>;
  readonly mutations: readonly Mutation[];
  /** Bytes that it may ask for besides a small multiple of the input: fixed costs, and what a compressed format may unpack to. */
  readonly allowance: number;
  /**
   * Does with an input all that there is to do. Throws for an exception that is not catalogued and for every promise that was
   * broken; catalogued problems become findings. `seed` is the name of the sound input that `bytes` were made of.
   */
  readonly exercise: (bytes: Uint8Array, findings: Findings, seed: string) => void | Promise<void>;
}
