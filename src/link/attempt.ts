import { UklError, type Diagnostic } from '../errors/index.js';

/** What a piece of work gave, or what is wrong. */
export interface Attempt<T> {
  readonly value?: T;
  readonly problems: readonly Diagnostic[];
}

/** Tries a piece of work: when it fails, others go on. */
export async function attempt<T>(work: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work(), problems: [] };
  } catch (error) {
    if (error instanceof UklError) return { problems: error.diagnostics };
    throw error;
  }
}
