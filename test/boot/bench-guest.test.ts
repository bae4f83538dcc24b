/** `ukl-link bench guest`: a real boot whose instructions are counted. What can be judged is judged: that the counts are counts. */
import { expect, it } from 'vitest';
import type { GuestBenchResult } from '../../src/bench/index.js';
import { guestSubjects } from '../../src/bench/guest-subjects.js';
import { findKit } from '../../src/kernel/store.js';
import { runCli } from '../support/cli.js';
import { newBench, saidCodes, snapshot } from '../support/failing.js';

it('counts every subject in both rings, and leaves nothing', async () => {
  const { temporary } = newBench();
  const { status, stdout } = await runCli(['bench', 'guest', '--options', 'bypass', '--json'], {
    env: { TMPDIR: temporary },
  });
  expect(status).toBe(0);
  const { schema, subjects, machine, kit, variants } = JSON.parse(stdout) as GuestBenchResult;
  expect([schema, variants]).toEqual([2, [['bypass']]]);
  expect(machine.qemu).toContain('QEMU');
  expect(kit.key).toBe((await findKit()).manifest.key);
  expect(subjects.map(({ id, title }) => [id, title])).toEqual([...guestSubjects]);
  for (const { id, counts, ratio } of subjects) {
    for (const { instructions, samples } of [counts.ring3, counts.ring0]) {
      expect(samples, id).toBeGreaterThan(10);
      expect(instructions, id).toBeGreaterThan(20);
      expect(instructions, id).toBeLessThan(100_000_000);
    }
    expect(ratio, id).toBeCloseTo(counts.ring0.instructions / counts.ring3.instructions);
  }
  const ring0 = (name: string): number =>
    subjects.find(({ id }) => id === name)?.counts.ring0.instructions ?? NaN;
  // The order of things that no kernel changes.
  const growing = ['clock_gettime', 'getppid', 'pipe', 'switch-pipe', 'thread', 'fork', 'fork-20mb'];
  const counts = growing.map(ring0);
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  // Instructions are exact: this is no matter of speed but of which way calls go.
  const bypass = (name: string): number =>
    subjects.find(({ id }) => id === name)?.variants[0]?.count.instructions ?? NaN;
  for (const name of ['getppid', 'read-1', 'write-1', 'recv-1', 'epoll-10', 'pipe'])
    expect(bypass(name), name).toBeLessThan(ring0(name));
  expect(bypass('getppid-native')).toBe(ring0('getppid-native'));
  expect(snapshot(temporary)).toEqual({});
}, 2_400_000);

it('counts ticks of a machine as it runs', async () => {
  const { status, stdout } = await runCli(['bench', 'guest', '--meter', 'ticks', '--json']);
  expect(status).toBe(0);
  const { meter, machine, subjects } = JSON.parse(stdout) as GuestBenchResult;
  expect([meter, machine.cpu, machine.icount]).toEqual(['ticks', undefined, undefined]);
  expect(subjects.map(({ id }) => id)).toEqual([...guestSubjects.keys()]);
  for (const { id, counts } of subjects)
    for (const { samples } of [counts.ring3, counts.ring0]) expect(samples, id).toBeGreaterThan(10);
}, 2_400_000);

it('refuses options that are none', async () => {
  const { status, stderr } = await runCli(['bench', 'guest', '--options', 'bypass+speed']);
  expect(status).toBe(2);
  expect(stderr).toContain('not bypass+speed');
});

it('takes the kit it is told', async () => {
  const { status, stderr } = await runCli(['bench', 'guest', '--kit', '/none']);
  expect([status, ...saidCodes(stderr)]).toEqual([1, 'UKL4013']);
});
