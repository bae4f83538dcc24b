/** The distribution's strace, in ring 3, follows a program and all it starts: in ring 0 it shows what it shows of the same program in ring 3. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { writeCpio } from '../../src/image/cpio.js';
import { trigger } from '../../src/image/rootfs.js';
import { fixtureObject, imageOf, overlay } from '../support/images.js';
import { live } from '../support/live.js';
import { buildFolder } from '../support/paths.js';
import { toolEntries } from '../support/tools.js';

/** Traces each process into a file of its own and prints the files in the order of the processes. */
const script = `#!/bin/busybox sh
for ring in 3 0; do
  strace -ff -o /tmp/trace /ring$ring/traced 2>&1
  echo "status $?"
  for file in $(busybox ls /tmp | busybox sort -t . -k 2n); do
    echo "== process"
    busybox cat /tmp/$file
    busybox rm /tmp/$file
  done
  echo "== end of ring $ring"
done
`;

let traces: readonly string[];
beforeAll(async () => {
  const object = await fixtureObject('traced');
  const ring3 = `${buildFolder}/images/traced.ring3`;
  execFileSync('gcc', ['-static-pie', object, '-o', ring3]);
  const initrd = overlay('strace', () =>
    writeCpio(
      toolEntries(['/usr/bin/strace'], {
        program: Buffer.from(script),
        'bin/busybox': readFileSync('/bin/busybox'),
        'ring0/traced': trigger,
        'ring3/traced': readFileSync(ring3),
      }),
    ),
  );
  const { console, message } = await live({
    ...{ image: await imageOf('traced'), cpus: 2, memory: 256, initrd: initrd() },
    env: ['PATH=/usr/bin:/bin'],
  });
  expect(message).toBe('');
  traces = console.split(/== end of ring \d\n/).slice(0, 2);
});

/**
 * Without what is another from run to run: addresses, process ids, random bytes, whether a thread had ended before it was waited for; and
 * without the size of what is write-protected at start, which is the linker's matter.
 */
function comparable(trace: string): string[] {
  const pids = new Map<string, string>();
  const pid = (number: string): string => {
    if (!pids.has(number)) pids.set(number, `PID${pids.size}`);
    return pids.get(number) ?? '';
  };
  return trace
    .split('\n')
    .filter((line) => !/^futex\(/.test(line))
    .map((line) =>
      line
        .replaceAll(/\/ring\d\//g, '/ring/')
        .replaceAll(/ +(?== )/g, ' ')
        .replaceAll(/(?<=^getrandom\()"[^"]*"/g, 'BYTES')
        .replaceAll(/(?<=^mprotect\(0x[0-9a-f]+, )\d+(?=, PROT_READ\))/g, 'SIZE')
        // A thread that has ended by now has cleared it (CLONE_CHILD_CLEARTID).
        .replaceAll(/(?<==> \{parent_tid=\[)\d+/g, 'TID')
        .replaceAll(/\b0x[0-9a-f]{5,}\b/g, 'ADDRESS')
        .replaceAll(/(?<=^(?:clone3?|v?fork|set_tid_address|gettid|getpid|wait4)\(.*= )\d+$/g, pid)
        .replaceAll(/(?<=^(?:wait4|tgkill)\()\d+(?:, \d+)?/g, (ids) => ids.split(', ').map(pid).join(', '))
        .replaceAll(/(?<=(?:si_pid|parent_tid)=)\d+/g, pid),
    );
}

test('both ran to their ends', () => {
  for (const trace of traces) {
    expect(trace).toMatch(/^from the child\nfrom the thread\nok\nstatus 0\n/);
    expect(trace.split('== process\n')).toHaveLength(5);
  }
});

test('the traces agree', () => {
  const [ring3 = '', ring0 = ''] = traces;
  expect(comparable(ring0)).toEqual(comparable(ring3));
});
