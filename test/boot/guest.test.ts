import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trigger, type RootfsEntry } from '../../src/image/rootfs.js';
import { parsePort, type RunOptions } from '../../src/run/index.js';
import { buildGuestProgram, buildInit, writeGuestInitrd } from '../support/guest.js';
import { kernelImage } from '../support/kernel-image.js';
import { patience } from '../support/patience.js';
import { live } from '../support/live.js';

let dir: string;
let image: string;
let initrd: string;
let init: Uint8Array;
let program: Uint8Array;
let count = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ukl-guest-'));
  [image, init, program] = await Promise.all([kernelImage(dir), buildInit(dir), buildGuestProgram(dir)]);
  initrd = await withFiles((entries) => entries);
});
afterAll(() => rm(dir, { recursive: true }));

/** The default root file system, changed. */
function withFiles(change: (entries: RootfsEntry[]) => RootfsEntry[]): Promise<string> {
  const content = { init, program, argv: ['guest'], env: ['BAKED=1', 'BOTH=baked'] };
  return writeGuestInitrd(join(dir, `initrd${count++}`), content, change);
}

const boot = (args: string[], options: Partial<RunOptions> = {}) => live({ image, initrd, args, ...options });

const exit = (status: number) => ({ outcome: { kind: 'exit', status }, exitCode: status });

test('init stays below 12 KB', () => {
  expect(init.length).toBeLessThan(12_000);
});

test('the world the program starts in', async () => {
  const { end, console, message } = await boot(['world'], { cpus: 2 });
  expect(message).toBe('');
  expect(end).toEqual(exit(0));
  const lines = console.split('\n');
  expect(lines.slice(0, 9)).toEqual([
    'pid 1 pgrp 1 foreground 1',
    'tty 011 /dev/tty yes',
    'lo up',
    'host ukl',
    'cwd /',
    'signals 0 ignored, none blocked',
    'cpus 2',
    'threads by the memory, processes half of them',
    expect.stringMatching(/^rootfs \/ /),
  ]);
  expect(lines.slice(9).map((line) => line.split(' ')[1])).toEqual([
    ...['/dev', '/sys', '/dev/pts', '/dev/shm', '/tmp', '/run', '/proc', '/proc:'],
    undefined,
  ]);
  expect(console).toMatch(/own \/proc: yes\n$/);
});

test('arguments and environment: of the image, of the run, of the kernel command line', async () => {
  const { console } = await boot(['args', 'a b', '', 'ünï'], {
    env: ['RUN=with = and blank', 'BOTH=run'],
    append: 'FROM=cmdline BAKED=cmdline HOME=/home -- last "two words"',
  });
  expect(console.split('\n')).toEqual([
    ...['guest', 'args', 'a b', '', Buffer.from('ünï').toString('latin1'), 'last', 'two words'].map(
      (arg, i) => `argv[${i}] = ${arg}`,
    ),
    'env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'env HOME=/home',
    'env TERM=linux',
    'env BAKED=cmdline',
    'env BOTH=run',
    'env FROM=cmdline',
    'env RUN=with = and blank',
    '',
  ]);
});

describe('the end of the program is that of the machine', () => {
  test.each([
    [['exit', '0'], exit(0)],
    [['exit', '255'], exit(255)],
    [['fault'], { outcome: { kind: 'signal', signal: 11 }, exitCode: 139 }],
    [['power-off'], exit(0)],
    [['restart'], { outcome: { kind: 'restart' }, exitCode: 0 }],
  ])('%j', async (args, end) => {
    expect(await boot(args)).toMatchObject({ end, console: '' });
  });

  test('no byte of a long output is lost', async () => {
    const { end, console } = await boot(['fill']);
    const lines = console.split('\n');
    expect(lines.length).toBe(2001);
    expect(lines[1999]).toMatch(/^line 1999 of a long output/);
    expect(lines.at(-1)).toBe('the last word');
    expect(end).toEqual(exit(0));
  });

  test('nor is output that the program itself has stopped', async () => {
    const { end, console } = await boot(['stop']);
    expect(console.split('\n')).toHaveLength(11);
    expect(end).toEqual(exit(0));
  });

  test('processes left behind do not keep it', async () => {
    const { end, console } = await boot(['orphans']);
    expect(console).toBe('orphans left behind\n');
    expect(end).toEqual(exit(0));
  });

  test('it stands in the kernel log', async () => {
    const { console } = await boot(['exit', '3'], { kernelLog: true });
    expect(console).toMatch(/Linux version 6\.1/);
    expect(console).toMatch(/\] ukl: program exited with status 3\r\n/);
    expect(console).toMatch(/reboot: Power down/);
  });
});

describe('input', () => {
  test('data passes unaltered', async () => {
    const everyByte = Buffer.from(
      Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 4),
    );
    const { console } = await boot(['cat'], { input: { stream: Readable.from([everyByte]), kind: 'data' } });
    expect(Buffer.from(console, 'latin1')).toEqual(everyByte);
  });

  test('much of it waits for the program', async () => {
    const bytes = Buffer.from(Array.from({ length: 500_000 }, (_, i) => (i * i) % 251));
    const sum = bytes.reduce((so, byte) => (so * 31 + byte) % 1000003, 0);
    const { console } = await boot(['sum'], { input: { stream: Readable.from([bytes]), kind: 'data' } });
    expect(console).toBe(`500000 bytes, sum ${sum}\n`);
  });

  test('an empty one ends at once', async () => {
    const { console } = await boot(['sum'], { input: { stream: Readable.from([]), kind: 'data' } });
    expect(console).toBe('0 bytes, sum 0\n');
  });

  test('a program without input sees the end of file', async () => {
    expect(await boot(['cat'])).toMatchObject({ end: exit(0), console: '' });
  });

  test('somebody who types sees it', async () => {
    const stream = new PassThrough();
    let seen = '';
    const onConsole = (bytes: Uint8Array) => {
      seen += Buffer.from(bytes).toString('latin1');
      if (seen.endsWith('name? ')) stream.write('Bob\n');
    };
    const { end } = await boot(['ask'], { input: { stream, kind: 'terminal' }, onConsole });
    expect(seen).toBe('name? Bob\nhello Bob\n');
    expect(end).toEqual(exit(0));
  });
});

test('job control works on the console', async () => {
  const busybox = await readFile('/bin/busybox');
  const content = { init, program: busybox, argv: ['sh', '-i'], env: ['PS1=> '] };
  const shell = await writeGuestInitrd(join(dir, 'shell'), content, (entries) => [
    ...entries,
    { type: 'directory', path: 'bin', mode: 0o755 },
    ...['sh', 'sleep'].map((name) => ({ type: 'symlink', path: `bin/${name}`, target: '/program' }) as const),
  ]);
  const sleeper = `sh -c 'echo going; exec sleep 1000'`;
  // Each is typed when the console ends with what stands before it; the shell asks for the cursor behind its prompt.
  const prompt = /> (?:\x1b\[6n)?$/;
  const dialogue: [seen: RegExp, typed: string][] = [
    [prompt, `${sleeper}\n`],
    [/^going\n$/m, '\x03'],
    [prompt, `echo "status $?"; ${sleeper}\n`],
    [/^status 130\ngoing\n$/m, '\x1a'],
    [prompt, 'jobs; kill -9 %1; fg; exit 7\n'],
  ];
  const stream = new PassThrough();
  let seen = '';
  let since = 0;
  const onConsole = (bytes: Uint8Array) => {
    seen += Buffer.from(bytes).toString('latin1');
    const [next] = dialogue;
    if (next === undefined || !next[0].test(seen.slice(since))) return;
    dialogue.shift();
    since = seen.length;
    stream.write(next[1]);
  };
  const { end } = await boot([], {
    initrd: shell,
    input: { stream, kind: 'terminal' },
    onConsole,
    timeout: 60 * patience,
  });
  expect(seen).not.toMatch(/job control turned off|can't access tty/);
  expect(seen).toMatch(/\[1\]\+ {2}Stopped .*sleep 1000/);
  expect(end).toEqual(exit(7));
});

test('a port of the host leads to one of the guest', async () => {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  let heard: Promise<string> | undefined;
  let seen = '';
  const onConsole = (bytes: Uint8Array) => {
    seen += Buffer.from(bytes).toString('latin1');
    if (seen.endsWith('listening\n')) heard = text(connect(port, '127.0.0.1'));
  };
  const { end } = await boot(['serve'], { ports: [parsePort(`${port}:7000`)], onConsole });
  expect(await heard).toBe('from the guest');
  expect(end).toEqual(exit(0));
});

describe('root file systems of all kinds', () => {
  const replace = (path: string, entry: RootfsEntry[]) => (entries: RootfsEntry[]) =>
    entries.flatMap((old) => (old.path === path ? entry : [old]));
  const file = (path: string, mode: number, data: Uint8Array | string): RootfsEntry => ({
    ...{ type: 'file', path, mode },
    data: Buffer.from(data),
  });

  test.each([
    ['no program', [], /ENOENT/],
    ['a program that may not be executed', [file('program', 0o644, 'x')], /EACCES/],
    ['a trigger, and no program in the slot', [file('program', 0o755, trigger)], /ENOEXEC/],
    ['an unknown file format', [file('program', 0o755, '\x01\x02 nonsense')], /ENOEXEC/],
  ])('%s', async (_name, entry, says) => {
    const { end, message, console } = await boot([], { initrd: await withFiles(replace('program', entry)) });
    expect(end).toEqual({ codes: ['UKL5012'] });
    expect(message).toMatch(says);
    expect(console).toMatch(/^ukl-init: cannot start \/program/m);
  });

  test('nothing but init and program', async () => {
    const bare = await withFiles((all) => all.filter(({ path }) => path === 'init' || path === 'program'));
    const { end, console } = await boot(['world'], { initrd: bare });
    expect(end).toEqual(exit(0));
    expect(console).toMatch(/^pid 1 /);
  });

  test('files below /tmp stay visible', async () => {
    const own = await withFiles((all) => [...all, file('tmp/mine', 0o644, 'mine')]);
    const { console } = await boot(['world'], { initrd: own });
    expect(console).not.toMatch(/ \/tmp tmpfs /);
    expect(console).toMatch(/ \/run tmpfs /);
  });

  test('an init that ends is a panic, with its reason and the last lines', async () => {
    const { end, message } = await boot([], {
      initrd: await withFiles(replace('init', [file('init', 0o755, program)])),
    });
    expect(end).toEqual({ codes: ['UKL5007'] });
    expect(message).toMatch(
      /panicked: Attempted to kill init! exitcode=0x00006300\nlast console lines:\n {2}\| unknown: \n(?:.*\n)+.* do_exit/,
    );
  });

  test('so is a machine without init, even if it is told to stay halted', async () => {
    const empty = join(dir, 'empty');
    await writeFile(empty, '');
    const { end, message } = await boot([], { initrd: empty, append: 'panic=0' });
    expect(end).toEqual({ codes: ['UKL5007'] });
    expect(message).toMatch(/panicked: VFS: Unable to mount root fs/);
  });
});
