import { expect } from 'vitest';
import { UklError, type Diagnostic } from '../../src/errors/index.js';

/** The problems a promise is rejected with; anything but a catalogued error fails the test. */
export async function problemsOf(promise: Promise<unknown>): Promise<readonly Diagnostic[]> {
  const reason: unknown = await promise.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );
  if (!(reason instanceof UklError)) expect.fail(`no catalogued error: ${String(reason)}`);
  return reason.diagnostics;
}

/** The codes of those problems. */
export async function codesOf(promise: Promise<unknown>): Promise<string[]> {
  return (await problemsOf(promise)).map(({ code }) => code);
}

/** The codes of the problems that a call throws, none when it throws nothing; any other error is thrown on. */
export function thrownCodes(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof UklError) return error.diagnostics.map(({ code }) => code);
    throw error;
  }
  return [];
}
