/** The fixtures that have a long run, with its arguments: ten thousand forks, a thousand executions, a hundred snapshots … on four processors. */
import { beforeAll, describe, expect, test } from 'vitest';
import { bootSuite, buildSuite, judge, type SuiteRun } from '../support/differential.js';
import { loadFixtures } from '../support/fixtures.js';

const usual = new Map(
  loadFixtures()
    .flatMap(({ cases }) => cases)
    .map((one) => [one.id, one.args.join(' ')]),
);
const fixtures = loadFixtures(true).filter(({ cases }) =>
  cases.some(({ id, args }) => usual.get(id) !== args.join(' ')),
);
const cases = fixtures.flatMap((fixture) => fixture.cases);

describe('many rounds', () => {
  let run: SuiteRun;
  beforeAll(async () => {
    const image = await buildSuite(fixtures, { model: 'default', syscalls: 'redirect' }, 'scale');
    const seconds = cases.reduce((sum, { timeout, repeat }) => sum + 2 * timeout * repeat, 60);
    run = await bootSuite(image, { cpus: 4, timeout: seconds });
  }, 10_800_000);

  test.each(cases.map((one) => [one.id, one.args.join(' '), one] as const))('%s %s', (_, __, one) =>
    expect(judge(one, run)).toBe(''),
  );

  test('the machine ran to the end', () => expect(run.stopped).toBe(undefined));

  test('the kernel never complained', () => expect(run.complaints).toEqual([]));
});
