import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { UklError } from '../../../src/errors/index.js';
import { inspectFile } from '../../../src/inspect/index.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const seeds = resolve(import.meta.dirname, '../../fuzz/seeds');

/** The codes that a file is refused with, or what it was taken for; any other error is thrown on. */
async function outcome(file: string): Promise<string> {
  try {
    return (await inspectFile(file)).kind;
  } catch (error) {
    if (error instanceof UklError) return error.diagnostics.map(({ code }) => code).join(' ');
    throw error;
  }
}

it.each(readdirSync(seeds))('%s, damaged in any way, is reported or refused', async (name) => {
  const whole = readFileSync(join(seeds, name));
  const file = join(temporaryFolder(), name);
  const change = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 4 }),
      fc.nat(whole.length),
      fc.boolean(),
      async (changes, size, cut) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        writeFileSync(file, cut ? bytes.subarray(0, size) : bytes);
        expect(await outcome(file)).toMatch(/^(object|archive|program|(UKL\d{4} ?)+)$/);
      },
    ),
    { numRuns: 200 },
  );
});
