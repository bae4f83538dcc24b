/** A run that is told to end passes it on: the program gets SIGTERM, and its end is the machine's. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saidCodes } from '../support/failing.js';
import { processesNaming } from '../support/live.js';
import { buildService, runService, type Run } from '../support/service.js';

let folder: string;
let image: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ukl-stop-'));
  image = await buildService(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the service until it serves, then tells the run to end by these signals, one behind the other. */
async function stopped(args: string[], signals: NodeJS.Signals[], words: string[] = []): Promise<Run> {
  const left = [...signals];
  const run = await runService([image, ...words, '--', ...args], {
    onConsole: (text, kill) => {
      if (!text.includes('serving\n')) return;
      for (const [i, signal] of left.splice(0).entries()) setTimeout(() => kill(signal), 200 * i);
    },
  });
  expect(await processesNaming(image)).toEqual([]);
  return run;
}

describe.each<NodeJS.Signals>(['SIGTERM', 'SIGINT'])('%s to a run', (signal) => {
  it('reaches the program, whose status is the run’s', async () => {
    const disk = join(folder, `${signal}.img`);
    const words = ['--disk', `${disk},size=32M`];
    const { status, stderr } = await stopped(['serve'], [signal], words);
    expect([status, saidCodes(stderr)]).toEqual([7, []]);
    const after = await runService([image, ...words, '--', 'show', '/data/last-words']);
    expect(after.stdout).toBe('/data/last-words: ended by signal 15\n');
  });
});

describe('a program that', () => {
  it('does nothing about SIGTERM ends by it, though it is the first process', async () => {
    const { status, stderr } = await stopped(['wait'], ['SIGTERM']);
    expect([status, saidCodes(stderr)]).toEqual([143, []]);
  });

  it.each([
    ['a flag', () => ['--stop-timeout', '1']],
    [
      'ukl.json',
      () => {
        const config = join(folder, 'ukl.json');
        writeFileSync(config, '{"run": {"stopTimeout": 1}}');
        return ['--config', config];
      },
    ],
  ])('ignores SIGTERM has the time that %s gives it, then the machine ends', async (_, words) => {
    const { status, stderr } = await stopped(['ignore'], ['SIGTERM'], words());
    expect([status, saidCodes(stderr)]).toEqual([143, ['UKL5021']]);
    expect(stderr).toMatch(/did not end within 1 s of being asked to/);
  });

  it('ignores it ends at once with the second signal', async () => {
    const { status, stderr } = await stopped(['ignore'], ['SIGINT', 'SIGTERM'], ['--stop-timeout', '100']);
    expect([status, saidCodes(stderr)]).toEqual([130, ['UKL5013']]);
  });
});
