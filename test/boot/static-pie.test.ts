/** The fixtures once more, linked by gcc: the same static-PIE executable in ring 3 and, as it is, in ring 0. */
import { beforeAll, expect, test } from 'vitest';
import { runSuite, verdict, type RepeatableRun } from '../support/differential.js';
import { loadFixtures } from '../support/fixtures.js';

/** Without those that are about redirecting: some of them hold addresses that no PIE can. */
const fixtures = loadFixtures().filter(
  ({ needs, path }) => !needs.includes('image') && !needs.includes('seconds') && !path.includes('/sites/'),
);
const cases = fixtures.flatMap((fixture) => fixture.cases);
let run: RepeatableRun;

beforeAll(async () => {
  const program = { model: 'default', syscalls: 'redirect', finished: true } as const;
  run = await runSuite(fixtures, program, { cpus: 2, append: 'pti=on' });
});

test('its system call sites are all there, and all native', () => {
  expect(run.sites.length).toBeGreaterThan(300);
  expect(new Set(run.sites.map(({ state, reason }) => `${state} ${reason}`))).toEqual(
    new Set(['native executable']),
  );
});

test.for(cases.map((one) => [one.id, one] as const))('%s', async ([, one], { task }) =>
  expect(await verdict(one, run, task.result?.retryCount ?? 0)).toBe(''),
);

test('the machine ran to the end', () => expect(run.stopped).toBe(undefined));

test('the kernel never complained', () => expect(run.complaints).toEqual([]));
