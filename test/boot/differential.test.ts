/**
 * Every fixture as an ordinary ring-3 process and in ring 0, on the same kernel in the same boot: output and end must agree.
 * One boot per code model, each on another kind of machine, with system calls redirected; one with native ones; and one per option.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { UklOption } from '../../src/options/index.js';
import type { SyscallMode } from '../../src/rewrite/index.js';
import type { Model } from '../support/compile.js';
import { runSuite, verdict, type RepeatableRun, type SuiteMachine } from '../support/differential.js';
import { loadFixtures } from '../support/fixtures.js';
import { kernelBase, machineRun } from '../support/suite.js';

const fixtures = loadFixtures().filter(({ needs }) => !needs.includes('image'));
const kernelBases: string[] = [];

const machines: readonly [Model, SyscallMode, readonly UklOption[], SuiteMachine][] = [
  ['default', 'redirect', [], { cpus: 2 }],
  ['kernel', 'redirect', [], { cpus: 2, cpu: 'max,la57=off', append: 'pti=on' }],
  ['mixed', 'redirect', [], { cpus: 2, append: 'pti=on' }],
  ['default', 'native', [], { cpus: 2 }],
  ['mixed', 'native', ['use-ret'], { cpus: 2 }],
  ['default', 'redirect', ['use-ret'], { cpus: 2, append: 'pti=on' }],
  ['default', 'redirect', ['bypass'], { cpus: 2 }],
  ['mixed', 'redirect', ['shortcuts', 'libupcall'], { cpus: 2 }],
  [
    'kernel',
    'redirect',
    ['use-ret', 'bypass', 'shortcuts', 'libupcall'],
    { cpus: 2, cpu: 'max,la57=off', append: 'pti=on' },
  ],
];

describe.each(machines)(
  'objects of the %s code model, system calls: %s, options: %j',
  (model, syscalls, enable, machine) => {
    // What takes seconds does so whatever the code model: once is enough.
    const chosen = fixtures.filter(({ needs }) => model === 'default' || !needs.includes('seconds'));
    const cases = chosen.flatMap((fixture) => fixture.cases);
    let run: RepeatableRun;
    beforeAll(async () => {
      run = await runSuite(chosen, { model, syscalls, enable }, machine);
      kernelBases.push(kernelBase(run.outcomes) ?? 'unknown');
    });

    test('the machine is what a user boots: two processors, SMEP and SMAP, no mitigation switched off', () => {
      const machine = run.outcomes.get(machineRun)?.output ?? '';
      expect(machine).toMatch(/smap smep cpus 2\n/);
      expect(machine).not.toMatch(/nokaslr|nopti|nosmap|nosmep|mitigations/);
    });

    test(`system call sites: ${syscalls === 'redirect' ? 'hardly any of the libraries is native' : 'all are native'}`, () => {
      const isRedirected = ({ state }: { readonly state: string }): boolean => state === 'redirected';
      // What must become of the fixtures' own stands in them.
      const ofLibraries = run.sites.filter(({ member }) => member !== undefined);
      expect(ofLibraries.length).toBeGreaterThan(300);
      if (syscalls === 'native') expect(run.sites.filter(isRedirected)).toEqual([]);
      else expect(ofLibraries.filter(isRedirected).length / ofLibraries.length).toBeGreaterThan(0.97);
    });

    test.for(cases.map((one) => [one.id, one] as const))('%s', async ([, one], { task }) =>
      expect(await verdict(one, run, task.result?.retryCount ?? 0)).toBe(''),
    );

    test('the machine ran to the end', () => expect(run.stopped).toBe(undefined));

    test('the kernel never complained', () => expect(run.complaints).toEqual([]));
  },
);

test('KASLR: the kernel was not at the same place in all boots', () => {
  // By chance it is once in some 100 million times.
  expect(kernelBases).toHaveLength(machines.length);
  expect(new Set(kernelBases).size).toBeGreaterThan(1);
});
