/** One program per image, with nothing else: linked, booted by `ukl-link run`'s library, judged by what it printed and its status. */
import { Readable } from 'node:stream';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunOptions } from '../../src/run/index.js';
import { loadFixtures } from '../support/fixtures.js';
import { runCli } from '../support/cli.js';
import { fixtureObject, imageOf } from '../support/images.js';
import { live } from '../support/live.js';
import { patience } from '../support/patience.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const fixtures = loadFixtures();
const boot = (path: string, options: Partial<RunOptions> = {}) => live({ image: path, cpus: 2, ...options });
const exit = (status: number) => ({ outcome: { kind: 'exit', status }, exitCode: status });

describe('hello', () => {
  test('arguments of the link and of the run, environment and status of the run', async () => {
    const path = await imageOf('hello', { args: ['baked in'] });
    expect(await boot(path, { args: ['given'], env: ['HELLO_STATUS=7'] })).toMatchObject({
      console: 'Hello from hello!\nargument 1: baked in\nargument 2: given\n',
      end: exit(7),
    });
  });

  test('compiled for the kernel', async () => {
    const path = await imageOf('hello', { model: 'kernel' });
    expect(await boot(path)).toMatchObject({ console: 'Hello from hello!\n', end: exit(0) });
  });
});

test('process 1 of a root file system that nobody made', async () => {
  const { console, end } = await boot(await imageOf('first', { args: ['baked'] }), { env: ['STATUS=5'] });
  expect(console).toBe('pid 1, parent 0, argv [baked]\nok\n');
  expect(end).toEqual(exit(5));
});

test.each([false, true])(
  'the program’s symbols, as the kernel tells of them (static PIE: %s)',
  async (finished) => {
    const image = await imageOf('ownsymbols', { finished });
    expect(await boot(image)).toMatchObject({ console: 'ok\n', end: exit(0) });
  },
);

test('a finished executable on a processor with page tables of four levels', async () => {
  const image = await imageOf('hello', { finished: true });
  const fourLevels = { qemuArguments: ['-cpu', 'max,la57=off'], accelerator: 'tcg' } as const;
  expect(await boot(image, fourLevels)).toMatchObject({ console: 'Hello from hello!\n', end: exit(0) });
});

test('a program that dies of a signal', async () => {
  const { console, end } = await boot(await imageOf('faultkill', { args: ['0'] }));
  expect(console).toMatch(/^read NULL: SIGSEGV\n/);
  expect(end).toEqual({ outcome: { kind: 'signal', signal: 11 }, exitCode: 139 });
});

test('process 1 ends by abort()', async () => {
  const { console, end } = await boot(await imageOf('abort'));
  expect(console).toBe('before\n');
  expect(end).toEqual({ outcome: { kind: 'signal', signal: 6 }, exitCode: 134 });
});

test('a C++ program that reads its input', async () => {
  const fixture = fixtures.find(({ name }) => name === 'iostream')?.cases[0];
  const stream = Readable.from([Buffer.from(fixture?.stdin ?? '')]);
  const { console, end } = await boot(await imageOf('iostream'), { input: { stream, kind: 'data' } });
  expect(console).toBe(fixture?.stdout?.map((line) => `${line}\n`).join(''));
  expect(end).toEqual(exit(0));
});

test('files that do not fit into the memory of the machine', async () => {
  const folder = temporaryFolder();
  const [zeros, image] = [join(folder, 'zeros'), join(folder, 'large.bzImage')];
  writeFileSync(zeros, '');
  truncateSync(zeros, 40 << 20);
  expect(
    await runCli([`--with-program=${await fixtureObject('hello')}`, '-o', image, `--file=${zeros}:/zeros`]),
  ).toMatchObject({ status: 0 });
  // A kernel with debugging does not even come to them.
  const { status, stderr } = await runCli([
    'run',
    image,
    '--memory=128',
    '--accel=tcg',
    `--timeout=${60 * patience}`,
  ]);
  expect(status).toBe(125);
  expect(stderr).toMatch(
    /error UKL5007: .*(?:unpacking the initramfs|deadlocked on memory)[^]*too little memory .*--memory/,
  );
});
