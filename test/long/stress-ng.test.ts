/**
 * stress-ng, built from its source and linked as the program: every stressor ends well, and the kernel says nothing. STRESS_SECONDS
 * seconds in all, a minute by default (`make stress`: ten), in equal parts. Left out are stressors that do what ring 0 does not forbid:
 * privileged instructions, `int` through gates of the kernel, port access (docs/checks.md).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { link } from '../../src/link.js';
import { live } from '../support/live.js';
import { kernelComplaints } from '../support/machine.js';
import { buildFolder, root } from '../support/paths.js';

const stressors = [
  ...['cpu', 'vm', 'fork', 'signal', 'futex', 'pipe', 'sock', 'timer', 'pthread'],
  ...[
    'vfork',
    'clone',
    'switch',
    'mmap',
    'mremap',
    'madvise',
    'mprotect',
    'brk',
    'stack',
    'bigheap',
    'malloc',
  ],
  ...[
    'sigq',
    'context',
    'sem-sysv',
    'shm-sysv',
    'msg',
    'poll',
    'epoll',
    'eventfd',
    'timerfd',
    'udp',
    'splice',
  ],
  ...['io-uring', 'userfaultfd', 'membarrier'],
];
const seconds = Number(process.env['STRESS_SECONDS'] ?? 60);
const each = Math.max(1, Math.round(seconds / stressors.length));

test(`${stressors.length} stressors, ${each} seconds each`, async () => {
  const folder = `${buildFolder}/stress-ng`;
  mkdirSync(folder, { recursive: true });
  const said = execFileSync(`${root}/scripts/stress-ng.sh`, [folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const image = `${folder}/stress-ng.bzImage`;
  await link({ program: said.split(/\s+/).filter((word) => word !== ''), output: image });

  const { console, end, message } = await live({
    ...{ image, cpus: 2, memory: 1024, kernelLog: true },
    // Some stressors need longer than their time to end, the more so on an emulated machine.
    timeout: 300 + 4 * stressors.length * each,
    args: [
      ...['--with', stressors.join(','), '--sequential', '2', '--timeout', String(each)],
      ...['--metrics-brief', '--temp-path', '/tmp'],
    ],
  });
  process.stdout.write(console.replaceAll(/^\[.*\n/gm, ''));
  expect({ end, message }).toEqual({
    end: { outcome: { kind: 'exit', status: 0 }, exitCode: 0 },
    message: '',
  });
  for (const stressor of stressors) expect(console).toMatch(new RegExp(`passed: .*\\b${stressor} \\(2\\)`));
  expect(console).toMatch(/failed: 0\r?\n/);
  expect(kernelComplaints(console)).toEqual([]);
});
