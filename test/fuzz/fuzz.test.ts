import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { Findings } from './findings.js';
import { exercise, inputNumber, type FuzzReport } from './fuzz.js';
import { runFuzz } from './runner.js';
import type { Subject } from './subject.js';
import { loadSubjects } from './subjects/index.js';

/** UKL_FUZZ_RUNS sets how many inputs; the first ones are always the same. */
const COUNT = Number(process.env.UKL_FUZZ_RUNS ?? 4000);
const SEEDS = join(import.meta.dirname, 'seeds');

/** What is said of seeds as they stand, by subject and seed. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'ELF library: thin.a': ['UKL1033'],
  // A loaded section cannot hold the code that the exercise appends to it, nor a program new relocations.
  'ELF library: exec': ['UKL1040'],
  'ELF library: program': ['UKL1040'],
  'ELF library: pie': ['UKL1042'],
  'ELF library: static-pie': ['UKL1042'],
  'ELF library: lib.so': ['UKL1042'],
  // Addresses of the kernel half are no offsets.
  'rewriter, redirect: program': ['UKL1017'],
  'rewriter, native: program': ['UKL1017'],
  'link inputs: exec': ['UKL2008'],
  'link inputs: pie': ['UKL2040'],
  'link inputs: static-pie': ['UKL2040'],
  'link inputs: lib.so': ['UKL2008'],
  'link inputs: program': ['UKL2008'],
};

describe('everything that reads input (more with `make fuzz`)', () => {
  it('takes every seed as it stands', async () => {
    const found: Record<string, string[]> = {};
    for (const { name, seeds, exercise } of await loadSubjects(SEEDS, temporaryFolder())) {
      for (const [seed, bytes] of seeds) {
        const findings = new Findings();
        await exercise(bytes, findings, seed);
        if (findings.codes.size > 0) found[`${name}: ${seed}`] = [...findings.codes].sort();
      }
    }
    expect(found).toEqual(EXPECTED);
  });

  describe('gives a catalogued problem or a result that holds, in bounded time and memory', () => {
    let report: FuzzReport;
    beforeAll(async () => {
      report = await runFuzz(0, COUNT);
    });
    it('without a failure', () => {
      expect(report.failures).toEqual([]);
      const inputs = [...report.bySubject.values()].reduce((sum, subject) => sum + subject.inputs, 0);
      expect(inputs).toBe(COUNT);
    });
    it('with sound and damaged inputs for every subject, and most of the catalogue found', () => {
      for (const [name, { inputs, accepted }] of report.bySubject) {
        expect([name, accepted > 0, inputs > COUNT / 100]).toEqual([name, true, true]);
      }
      const elf = report.bySubject.get('ELF library');
      expect(elf?.codes.size).toBeGreaterThan(20);
    });
  });

  it('is given the same inputs in every run', async () => {
    const subjects = await loadSubjects(SEEDS, temporaryFolder());
    const input = inputNumber(subjects, 1213);
    const again = inputNumber(subjects, 1213);
    expect([again.subject.name, again.seed]).toEqual([input.subject.name, input.seed]);
    expect(Buffer.compare(again.bytes, input.bytes)).toBe(0);
  });
});

describe('the harness', () => {
  const subject = (exercise: Subject['exercise']): Subject => ({
    ...{ name: 'test', share: 1, seeds: new Map(), mutations: [], allowance: 1000 },
    exercise,
  });
  const run = (work: Subject['exercise']): Promise<unknown> =>
    exercise({ subject: subject(work), seed: '', bytes: new Uint8Array(10) });

  it('lets what is allowed pass', async () => {
    await expect(run(() => void new Uint8Array(1100))).resolves.toMatchObject({ asked: 1100 });
  });
  it('notices an exception that is not catalogued', async () => {
    await expect(
      run((_, findings) => {
        findings.attempt(() => {
          throw new TypeError('boom');
        });
      }),
    ).rejects.toThrow(TypeError);
  });
  it.each([
    ['Uint8Array', (): unknown => new Uint8Array(2000)],
    ['Uint32Array', (): unknown => new Uint32Array(500)],
    ['Buffer.alloc', (): unknown => Buffer.alloc(2000)],
    ['a copy', (): unknown => new Uint8Array(Array<number>(2000).fill(1))],
    ['many small ones', (): unknown => Array.from({ length: 20 }, () => new Uint8Array(100))],
  ])('notices too many bytes asked for, even if the refusal is caught: %s', async (_, ask) => {
    const work = (): void => {
      try {
        ask();
      } catch {
        // As a reader would that makes its own error of any exception.
      }
    };
    await expect(run(work)).rejects.toThrow(/bytes asked for/);
  });
});
