/** Machines that fail, through `ukl-link run`: a status that no program has, the reason, and what the console said last. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/host/index.js';
import { runCli } from '../support/cli.js';
import { jsonProblems, newBench, saidCodes, snapshot } from '../support/failing.js';
import { processesNaming } from '../support/live.js';
import { buildStubImage, type StubLife } from '../support/stub-image.js';

let images: string;
beforeAll(() => {
  images = mkdtempSync(join(tmpdir(), 'ukl-stubs-'));
});
afterAll(() => rmSync(images, { recursive: true }));

const machine = ['--memory', '64', '--accel', 'tcg'];

/** Runs an image that must fail, with and without --json, and checks what holds for every failure. */
async function failRun(image: string, words: readonly string[] = []): Promise<string> {
  const { temporary } = newBench();
  const before = snapshot(images);
  const env = { TMPDIR: temporary };
  const text = await runCli(['run', image, ...machine, ...words], { env });
  const json = await runCli(['run', image, ...machine, ...words, '--json'], { env });
  expect([text.status, json.status]).toEqual([125, 125]);
  const problems = jsonProblems(json.stdout);
  expect(problems.map(({ code }) => code)).toEqual(saidCodes(text.stderr));
  expect(problems.filter(({ hint = '' }) => hint === '')).toEqual([]);
  expect(text.stderr).not.toMatch(/UKL6000|^\s+at .*[:(]/m);
  expect(snapshot(images)).toEqual(before);
  expect(snapshot(temporary)).toEqual({});
  expect(await processesNaming(image)).toEqual([]);
  return text.stderr;
}

describe('a machine that fails', () => {
  const panic = '[    1.000000] Kernel panic - not syncing: out of luck\r\n[    1.000001] CPU: 0\r\n';
  it.each<[what: string, says: RegExp, life: StubLife, words?: string[]]>([
    [
      'panic',
      /^ukl-link: error UKL5007: the kernel panicked: out of luck\n.*last console lines:\n.*out of luck\n.*CPU: 0\n/,
      { console: panic, then: 'reset' },
    ],
    [
      'triple fault',
      /^ukl-link: error UKL5008: .*triple fault.*\n.*last console lines:\n.*a line\n.*half a li\n/,
      { console: 'a line\nhalf a li', then: 'triple fault' },
    ],
    [
      'silent',
      /^ukl-link: error UKL5009: nothing came from the machine within 1 s/,
      { then: 'hang' },
      ['--silence-limit', '1'],
    ],
    [
      'too slow',
      /^ukl-link: error UKL5010: .*limit of 2 s\n.*last console lines:\n.*last words\n/,
      { console: 'last words\n', then: 'hang' },
      ['--timeout', '2'],
    ],
    [
      'powered off without a result',
      /^ukl-link: error UKL5011: .*\n.*last console lines:\n.*last words\n/,
      { console: 'last words\n', then: 'power off' },
    ],
    [
      'without QEMU',
      /^ukl-link: error UKL5001: \/none\/qemu was not found\n {4}install it: apt-get install/,
      { then: 'hang' },
      ['--qemu', '/none/qemu'],
    ],
  ])('%s', async (what, says, life, words) => {
    const image = await buildStubImage(images, what.replaceAll(' ', '-'), life);
    expect(await failRun(image, words)).toMatch(says);
  });

  it('is ended with the run that is told to stop', async () => {
    const image = await buildStubImage(images, 'stopped', { console: 'running\n', then: 'hang' });
    const { temporary } = newBench();
    const result = await runCli(['run', image, ...machine, '--stop-timeout', '1', '--json'], {
      env: { TMPDIR: temporary },
      onStderr: (text, kill) => {
        if (text === 'running\n') kill('SIGTERM');
      },
    });
    expect(result.status).toBe(143);
    // Nobody in this machine hears that it is to end.
    expect(saidCodes(result.stderr)).toEqual(['UKL5021']);
    expect(snapshot(temporary)).toEqual({});
    expect(await processesNaming(image)).toEqual([]);
  });

  it('is ended with the run that is killed', async () => {
    const image = await buildStubImage(images, 'killed', { console: 'running\n', then: 'hang' });
    const { temporary } = newBench();
    const words = [join(packageRoot, 'bin/ukl-link'), 'run', image, ...machine];
    const run = spawn(process.execPath, words, { env: { ...process.env, TMPDIR: temporary } });
    await once(run.stdout, 'data');
    expect(await processesNaming(image)).toHaveLength(2);
    run.kill('SIGKILL');
    await once(run, 'close');
    await expect.poll(() => processesNaming(image)).toEqual([]);
  });
});

describe('a disk', () => {
  it('with content of another kind ends the run before QEMU starts, and stays as it is', async () => {
    const image = await buildStubImage(images, 'with-disk', { then: 'hang' });
    const disk = join(images, 'precious');
    writeFileSync(disk, 'my only copy');
    const said = await failRun(image, ['--disk', disk]);
    expect(said).toMatch(
      /^ukl-link: error UKL5031: .*no ext4 file system; it was left as it is\n {4}in .*precious\n/,
    );
  });

  it.each([['x,size=1'], ['x:/a:/b'], ['x:data']])(
    'is refused before its file is made: %s',
    async (words) => {
      const image = await buildStubImage(images, 'with-disk', { then: 'hang' });
      const folder = newBench().temporary;
      const { stderr } = await runCli(['run', image, ...machine, '--disk', words], { cwd: folder });
      expect(saidCodes(stderr)).toEqual(['UKL5030']);
      expect(snapshot(folder)).toEqual({});
    },
  );

  it('is made for a dry run, too, whose command uses it', async () => {
    const image = await buildStubImage(images, 'with-disk', { then: 'hang' });
    const folder = newBench().temporary;
    const { stdout, status } = await runCli(
      ['run', image, ...machine, '--disk', 'd.img,size=16M', '--dry-run'],
      {
        cwd: folder,
      },
    );
    expect(status).toBe(0);
    expect(stdout).toContain('"filename":"d.img"');
    expect(Object.keys(snapshot(folder))).toEqual(['d.img']);
  });
});

describe('--dry-run', () => {
  it('leaves nothing behind when the command needs no file', async () => {
    const image = await buildStubImage(images, 'dry', { then: 'hang' });
    const { temporary } = newBench();
    const before = snapshot(images);
    const { status, stdout } = await runCli(['run', image, ...machine, '--dry-run'], {
      env: { TMPDIR: temporary },
    });
    expect(status).toBe(0);
    expect(stdout).not.toContain('initrd');
    expect(snapshot(images)).toEqual(before);
    expect(snapshot(temporary)).toEqual({});
  });

  it('puts what the command needs beside the image, once, and over no input', async () => {
    const image = await buildStubImage(images, 'dry', { then: 'hang' });
    const { temporary } = newBench();
    const initrd = `${image}.initrd`;
    const dryRun = (...words: string[]) =>
      runCli(['run', image, ...machine, '--dry-run', ...words], { env: { TMPDIR: temporary } });
    for (const word of ['first', 'second']) {
      const { status, stdout } = await dryRun('--', word);
      expect(status).toBe(0);
      expect(stdout).toContain(` -initrd ${initrd} `);
      expect(readFileSync(initrd, 'latin1')).toContain(`${word}\0`);
    }
    expect(snapshot(temporary)).toEqual({});
    const before = snapshot(images);
    const { status, stderr } = await dryRun('--initrd', join(images, '.', 'dry.bzImage.initrd'));
    expect([status, ...saidCodes(stderr)]).toEqual([1, 'UKL5016']);
    expect(snapshot(images)).toEqual(before);
  });
});

it.each([
  ['no image', 'not a kernel', 'UKL5003'],
  ['an empty file', '', 'UKL5003'],
  ['an absent file', undefined, 'UKL5002'],
])('%s', async (what, content, code) => {
  const image = join(images, what.replaceAll(' ', '-'));
  if (content !== undefined) writeFileSync(image, content);
  const said = await failRun(image);
  expect(saidCodes(said)).toEqual([code]);
  expect(said).toContain(`\n    in ${image}\n`);
});
