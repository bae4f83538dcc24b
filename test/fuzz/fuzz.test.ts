import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UklError } from '../../src/errors/index.js';
import { exercise } from './exercise.js';
import { fuzz, inputNumber, loadSeeds } from './fuzz.js';

/** UKL_FUZZ_RUNS sets how many inputs; the first ones are always the same. */
const count = Number(process.env.UKL_FUZZ_RUNS ?? 4000);
const seedDirectory = join(import.meta.dirname, 'seeds');

describe('mutated ELF files and archives (more with `node scripts/fuzz.mjs`)', () => {
  it('every seed is valid as it stands, but for members that a thin archive does not hold', () => {
    for (const [name, bytes] of loadSeeds(seedDirectory)) {
      // A loaded section cannot hold the code that the exercise appends to it: UKL1040 and UKL1042 are right there.
      const expected = name === 'thin.a' ? ['UKL1033'] : /^(exec|pie|lib\.so)$/.test(name) ? ['edit'] : [];
      const codes = exercise(bytes).codes.map((code) => (/^UKL104[02]$/.test(code) ? 'edit' : code));
      expect({ name, codes: [...new Set(codes)] }).toEqual({ name, codes: expected });
    }
  });

  it('give a catalogued problem or a result that holds, in bounded time and memory', () => {
    const report = fuzz({ first: 0, count, seedDirectory });
    expect(report.failures.map(({ input, seed, error }) => `${input} ${seed}: ${error.stack}`)).toEqual([]);
    expect(report.inputs).toBe(count);
    // The run means something only when it reaches both sides: valid inputs, and most of the catalogue.
    expect(report.accepted).toBeGreaterThan(count / 20);
    expect(report.codes.size).toBeGreaterThan(20);
    expect(report.largestGrowth).toBeLessThan(64e6);
  });

  it('are the same in every run', () => {
    const seeds = loadSeeds(seedDirectory);
    const [name, bytes] = inputNumber(seeds, 1213);
    const [againName, again] = inputNumber(seeds, 1213);
    expect(againName).toBe(name);
    expect(Buffer.compare(again, bytes)).toBe(0);
  });

  it('the harness itself notices an exception that is not catalogued', () => {
    const lying = new Uint8Array(64);
    Object.defineProperty(lying, 'byteLength', {
      get: () => {
        throw new TypeError('boom');
      },
    });
    expect(() => exercise(lying)).toThrow(TypeError);
    expect(() => exercise(lying)).not.toThrow(UklError);
  });
});
