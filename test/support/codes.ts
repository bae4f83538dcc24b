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
