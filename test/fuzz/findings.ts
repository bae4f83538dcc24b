import { UklError } from '../../src/errors/index.js';

/**
 * What the readers said about one input. A catalogued problem is an answer; any other exception is a failure and is thrown on.
 */
export class Findings {
  readonly codes = new Set<string>();

  /** The value of `action`, or undefined when it threw catalogued problems, which are noted. */
  attempt<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.#note(error);
      return undefined;
    }
  }

  async attemptLater<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      this.#note(error);
      return undefined;
    }
  }

  #note(error: unknown): void {
    if (!(error instanceof UklError)) throw error;
    for (const { code, hint } of error.diagnostics) {
      if (!/^UKL\d{4}$/.test(code) || hint === undefined) {
        throw new Error(`not catalogued: ${error.message}`, { cause: error });
      }
      this.codes.add(code);
    }
  }
}

/** Throws unless the two are the same: a promise that the code under test has broken. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new Error(`${what}: ${String(actual)}, expected ${String(expected)}`);
}
