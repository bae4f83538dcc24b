/** The distribution's perf, in ring 3, samples a program in ring 0: it names functions of the program and of the kernel without being told anything. */
import { expect, test } from 'vitest';
import { writeCpio } from '../../src/image/cpio.js';
import { imageOf, overlay } from '../support/images.js';
import { live } from '../support/live.js';
import { toolEntries } from '../support/tools.js';

const PERF = '/usr/bin/perf';
const initrd = overlay('perf', () => writeCpio(toolEntries([PERF])));

test('perf', async () => {
  const { console, message } = await live({
    ...{ image: await imageOf('profiled'), cpus: 2, memory: 512, initrd: initrd() },
    env: [`PERF=${PERF}`],
  });
  expect(message).toBe('');
  const [, started = '', running = ''] = console.split(/== .*\n/);

  // A line of the report is "share  command  object  [.] function": most of the time is spent in computing().
  const hottest = /%.* ukl +\[\.\] ukl_computing *$/m;
  expect(started).toMatch(hottest);
  expect(running).toMatch(hottest);
  // Call chains, the caller first. Functions without a frame of their own (leaves, libc's) hide who called them.
  expect(started).toMatch(/ukl_main\n +(?:ukl_working\n +)?ukl_computing\n/);
  expect(started).toMatch(/ukl_main\n +ukl___getppid\n +ukl_(?:native|entry)_SYSCALL_64\n +do_syscall_64\n/);
});
