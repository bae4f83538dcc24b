/** Whoever takes the last page: the kernel ends that program, says so, and switches a sound machine off. Machines of 128 MB. */
import { describe, expect, test } from 'vitest';
import type { RunOptions } from '../../src/run/index.js';
import { kernelComplaints } from '../support/machine.js';
import { imageOf } from '../support/images.js';
import { live } from '../support/live.js';

const exhaust = async (words: string, options: Partial<RunOptions> = {}) =>
  live({ image: await imageOf('exhaust'), cpus: 2, args: words.split(' '), kernelLog: true, ...options });

const report = (text: string) => new RegExp(`^\\[.*\\] ${text}: Killed process \\d+ \\(program\\)`, 'm');

describe.each([
  ['of the machine', '', 'Out of memory'],
  ['of a control group', 'group ', 'Memory cgroup out of memory'],
])('the memory %s', (_, prefix, text) => {
  test.each(['heap', 'bss', 'stack', 'threads', 'files', 'child heap'])('%s', async (kind) => {
    const { console, end, message } = await exhaust(prefix + kind);
    expect({ end, message }).toMatchObject({ end: { exitCode: 137 }, message: '' });
    expect(console).toMatch(report(text));
    // A driver whose device is switched off may still have a word to say.
    expect(console).toMatch(/reboot: Power down\r?\n(?:\[.*\n)*$/);
    expect(kernelComplaints(console)).toEqual([]);
    if (kind.startsWith('child')) expect(console).toContain('the child ended with 137');
  });
});

test('processes that start processes stop at the limit of their group', async () => {
  const { console, end } = await exhaust('group bomb');
  expect(end).toEqual({ outcome: { kind: 'exit', status: 0 }, exitCode: 0 });
  expect(kernelComplaints(console)).toEqual([]);
});

describe('as the machine’s first process, which the kernel does not end', () => {
  const first = (words: string) => exhaust('', { append: `rdinit=/program -- ${words}` });

  test('it has nobody else to end: the run says so', async () => {
    const { end, message } = await first('heap');
    expect(end).toEqual({ codes: ['UKL5007'] });
    expect(message).toContain('the kernel panicked: System is deadlocked on memory');
  });

  test('its child ends, and then itself as it likes', async () => {
    const { console, message } = await first('child heap');
    expect(console).toMatch(report('Out of memory'));
    // The kernel's lines may come in the middle of the program's.
    expect(console.replaceAll(/\[ *\d+\.\d{6}\] .*\n/g, '')).toContain('the child ended with 137');
    expect(message).toContain('the kernel panicked: Attempted to kill init! exitcode=0x00008900');
  });
});
