/** Debuggers of the distribution, unchanged, on the program in ring 0: its core file, and itself through gdbserver. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../src/gdb/free-port.js';
import { writeCpio } from '../../src/image/cpio.js';
import { trigger } from '../../src/image/rootfs.js';
import { parsePort } from '../../src/run/index.js';
import { runCli } from '../support/cli.js';
import { imageOf, overlay } from '../support/images.js';
import { live } from '../support/live.js';
import { toolEntries } from '../support/tools.js';

let folder: string;
let image: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ukl-debuggers-'));
  image = await imageOf('traced', { debugFile: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Files for a guest whose program is a script. */
const scripted = (name: string, tools: readonly string[], script: readonly string[]) =>
  overlay(name, () =>
    writeCpio(
      toolEntries(tools, {
        program: Buffer.from(['#!/bin/busybox sh', ...script, ''].join('\n')),
        'bin/busybox': readFileSync('/bin/busybox'),
        'ring0/traced': trigger,
      }),
    ),
  )();

/** What gdb prints for commands, without a terminal. */
async function gdb(how: readonly string[], commands: readonly string[]): Promise<string> {
  const script = join(folder, 'commands');
  writeFileSync(script, ['set pagination off', 'set confirm off', ...commands, ''].join('\n'));
  const { status, stdout, stderr } = await runCli(['gdb', image, ...how, '--', '--batch', '-x', script]);
  expect({ status, stderr: status === 0 ? '' : stderr + stdout }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

test('gdbserver: breakpoints, steps, static data, a watchpoint, a signal, threads', async () => {
  const port = await freePort();
  let listens: () => void;
  const listening = new Promise<void>((resolve) => (listens = resolve));
  let console = '';
  const machine = live({
    ...{ image, cpus: 2, memory: 256, ports: [parsePort(`${port}:2345`)], env: ['PATH=/usr/bin:/bin'] },
    initrd: scripted(
      'gdbserver',
      ['/usr/bin/gdbserver'],
      ['gdbserver --no-startup-with-shell :2345 /ring0/traced 2>&1'],
    ),
    onConsole: (bytes) => {
      console += Buffer.from(bytes).toString();
      if (console.includes('Listening on port')) listens();
    },
  });
  await Promise.race([listening, machine]);
  const said = await gdb(
    ['--target-remote', `localhost:${port}`],
    [
      ...['break deep if level == 0', 'continue', 'backtrace', 'print text', 'print counted'],
      ...['stepi', 'nexti', 'watch counted', 'continue', 'delete', 'continue', 'info symbol $pc'],
      ...['break inThread', 'continue', 'info threads', 'delete', 'continue'],
    ],
  );
  const { end } = await machine;
  expect(said).toMatch(
    /Breakpoint 1, .*deep \(level=.*\n(.*\n)*#0 .*deep \(.*\n(#\d.*deep.*\n){5}#6 .*main \(/,
  );
  expect(said).toContain('$1 = "static data"\n$2 = 0\n');
  expect(said).toMatch(/atchpoint 2: counted\n\nOld value = 0\nNew value = 1\n/);
  expect(said).toMatch(/Program received signal SIGUSR1.*\n(.*\n)*.* in section \.text/);
  expect(said).toMatch(/Breakpoint 3, .*inThread \(.*\n(.*\n)* +1 .*\n\* 2 .*inThread/);
  expect(said).toMatch(/\[Inferior 1 \(process \d+\) exited normally\]/);
  expect(console).toMatch(/from the thread\nok\n/);
  expect(end).toEqual({ outcome: { kind: 'exit', status: 0 }, exitCode: 0 });
});

test('a core file: threads, backtraces, static data', async () => {
  const share = `local,path=${folder},mount_tag=out,security_model=none`;
  const { console, message } = await live({
    ...{ image, cpus: 2, qemuArguments: ['-virtfs', share], env: ['PATH=/bin'] },
    initrd: scripted(
      'core',
      [],
      [
        'busybox mkdir /out && busybox mount -t 9p -o trans=virtio,version=9p2000.L out /out || exit 1',
        'echo /tmp/core > /proc/sys/kernel/core_pattern',
        'ulimit -c unlimited',
        '/ring0/traced crash',
        'echo "status $?"',
        'busybox cp /tmp/core /out/core',
      ],
    ),
  });
  expect(message).toBe('');
  expect(console).toContain('status 139\n');
  const said = await gdb(
    ['--core', join(folder, 'core')],
    [
      ...[
        'info threads',
        'backtrace',
        'print text',
        'print counted',
        'print $_siginfo._sifields._sigfault.si_addr',
      ],
      ...['thread 2', 'backtrace', 'thread 1', 'frame 7', 'info symbol $pc'],
    ],
  );
  expect(said).toMatch(/Program terminated with signal SIGSEGV/);
  expect(said).toMatch(/\* 1 .* deep \(level=.*\) at .*traced\.c:\d+\n +2 .* ukl_pause \(\)\n/);
  expect(said).toMatch(/#0 .*deep \(.*\n(#\d .*deep \(.*\n){5}#6 .*crash \(\) at .*\n#7 .*main \(argc=.*\n/);
  expect(said).toContain('$1 = "changed\\000ata"\n$2 = 1\n$3 = (void *) 0x0\n');
  expect(said).toMatch(/#0 .*ukl_pause \(\)\n#1 .*asleep \(started=.*\n#2 .*ukl_start_thread \(\)\n/);
  expect(said).toMatch(/ukl_main \+ \d+ in section \.text/);
});
