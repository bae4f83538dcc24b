/** A kernel that fails on behalf of the program: the run says so and ends, or the thread is dead and the machine goes on. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { writeCpio } from '../../src/image/cpio.js';
import { imageOf, overlay } from '../support/images.js';
import { live } from '../support/live.js';

const busybox = overlay('busybox', () =>
  writeCpio([
    { type: 'directory', path: 'bin', mode: 0o755 },
    { type: 'file', path: 'bin/busybox', mode: 0o755, data: readFileSync('/bin/busybox') },
  ]),
);
const boot = async (args: string[], append = '') =>
  live({ image: await imageOf('oops'), cpus: 2, initrd: busybox(), args, append });

test.each([
  ['the program asks for it', 'panic', '', 'sysrq triggered crash'],
  ['a failure, where the kernel is told to take it so', 'null', 'oops=panic', 'Fatal exception'],
])('a panic ends the run: %s', async (_, kind, append, reason) => {
  const { end, message } = await boot([kind], append);
  expect(end).toEqual({ codes: ['UKL5007'] });
  expect(message).toContain(`the kernel panicked: ${reason}`);
  expect(message).toMatch(
    new RegExp(`last console lines:\\n(.*\\n)*.*Kernel panic - not syncing: ${reason}`),
  );
});

describe('a failure of the kernel kills the thread it worked for', () => {
  test.each([
    ['null', 'BUG: kernel NULL pointer dereference, address: 0000000000000008'],
    ['wild', 'general protection fault, probably for non-canonical address'],
    ['bug', 'kernel BUG at mm/usercopy.c:'],
    ['interrupts', 'BUG: kernel NULL pointer dereference, address: 0000000000000008'],
    ['stack', 'BUG: TASK stack guard page was hit'],
  ])('%s', async (kind, says) => {
    const { console, end, message } = await boot([kind]);
    expect({ end, message }).toEqual({
      end: { outcome: { kind: 'exit', status: 0 }, exitCode: 0 },
      message: '',
    });
    const works = ['processor 0 works', 'processor 1 works'];
    const own = console.split('\n').filter((line) => !/^\[ *\d+\.\d+\] /.test(line));
    expect(own).toEqual([
      ...[`${kind} on processor 0: the thread is dead`, ...works],
      ...[`${kind} on processor 1: the thread is dead`, ...works],
      ...['ok', ''],
    ]);
    expect(console.split(says)).toHaveLength(3);
  });

  test('all of them, on each processor, one behind the other', async () => {
    const kinds = ['stack', 'null', 'interrupts', 'wild', 'bug', 'null', 'stack'];
    const { console, end } = await boot(kinds);
    expect(end).toEqual({ outcome: { kind: 'exit', status: 0 }, exitCode: 0 });
    expect(console).toContain('[#14]');
  });
});
