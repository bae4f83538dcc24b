import { describe, expect, test } from 'vitest';
import type { FixtureCase } from '../support/fixtures.js';
import { kernelComplaints } from '../support/machine.js';
import { expectedOfRing0, judgeRing3, parseReport } from '../support/suite.js';

const one: FixtureCase = {
  ...{ id: 'x', fixture: 'x', shell: undefined, args: [], env: [], stdin: '', end: 'exit 0' },
  ...{ stdout: ['a', 'b'], differences: [], timeout: 1, repeat: 1 },
};
const outcome = (output: string, end = 'exit 0') => ({ id: 'x', end, milliseconds: 1, output });

describe('the report of the runner', () => {
  const runs = 'run\tring3 a\texit 0\t12\t9\nrun\tx\ty\nz\nrun\tring0 a\tsignal 11\t3\t0\n\n';

  test('is read whole, whatever the programs wrote', () => {
    const { outcomes, complete } = parseReport(Buffer.from(`${runs}done\t\t\t\t0\n\n`));
    expect(complete).toBe(true);
    expect([...outcomes.values()]).toEqual([
      { id: 'ring3 a', end: 'exit 0', milliseconds: 12, output: 'run\tx\ty\nz' },
      { id: 'ring0 a', end: 'signal 11', milliseconds: 3, output: '' },
    ]);
  });

  test('is incomplete wherever it is cut off', () => {
    for (let length = 0; length < runs.length; length++)
      expect(parseReport(Buffer.from(runs.slice(0, length))).complete).toBe(false);
  });
});

describe('judging', () => {
  test('ring 3 by the directives', () => {
    expect(judgeRing3(one, outcome('a\nb\n'))).toEqual([]);
    expect(judgeRing3(one, outcome('a\n'))).toHaveLength(1);
    expect(judgeRing3(one, outcome('', 'signal 9'))).toHaveLength(2);
    expect(judgeRing3(one, undefined)).toEqual(['did not run']);
    expect(judgeRing3({ ...one, stdout: undefined }, outcome(''))[0]).toBe('wrote nothing');
  });

  test('ring 0 by ring 3, but for what a directive allows', () => {
    expect(expectedOfRing0(one, 'a\nb\n')).toBe('a\nb\n');
    const differs = { ...one, differences: [{ ring3: 'b', ring0: 'c', reason: 'r' }] };
    expect(expectedOfRing0(differs, 'a\nb\n')).toBe('a\nc\n');
    expect(() => expectedOfRing0(differs, 'a\n')).toThrow(/never wrote/);
  });
});

describe('complaints of the kernel', () => {
  test.each([
    '[    1.0] BUG: unable to handle page fault for address: 0000000000000010',
    '[    1.0] Oops: 0000 [#1] PREEMPT SMP',
    '[    1.0] WARNING: CPU: 0 PID: 1 at kernel/fork.c:1 foo+0x1/0x2',
    '[    1.0] general protection fault, probably for non-canonical address 0x1: 0000 [#1] SMP',
    '[    1.0] Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b',
    '[    1.0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:',
    '[    1.0] BUG: Bad rss-counter state mm:00000000 type:MM_ANONPAGES val:3',
  ])('%s', (line) => expect(kernelComplaints(`${line}\r\n`)).toEqual([line]));

  test.each([
    '[    1.0] faults[66]: segfault at 0 ip 0000000000401a2b sp 00007ffc error 4 in .program[401000+1000]',
    '[    1.0] traps: faults[66] general protection fault ip:401a2b sp:7ffc error:0 in .program[401000+1000]',
    '[    1.0] suite: ring0 faultkill.BUG: in a name',
  ])('not a word on a program that faults: %s', (line) => expect(kernelComplaints(line)).toEqual([]));
});
