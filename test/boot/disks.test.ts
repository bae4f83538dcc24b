/** Disks of a machine: made, mounted, kept, unmounted; and what a disk has acknowledged is there when QEMU has been killed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTool } from '../../src/host/index.js';
import { saidCodes } from '../support/failing.js';
import { processesNaming } from '../support/live.js';
import { buildService, runService, type Run } from '../support/service.js';

let folder: string;
let image: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ukl-disks-'));
  image = await buildService(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const path = (name: string): string => join(folder, name);

/** Runs the service with a disk, with these arguments of its own. */
const runWith = (disk: string, args: string[], words: string[] = []): Promise<Run> =>
  runService([image, '--disk', disk, ...words, '--', ...args]);

/** Looks at a file system that is not mounted; changes nothing. A journal that waits to be replayed is a finding. */
function checkDisk(file: string): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(findTool('e2fsck') ?? 'e2fsck', ['-f', '-n', file], {
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

function expectClean(file: string): void {
  const { status, said } = checkDisk(file);
  expect(said).not.toMatch(/recover|not cleanly unmounted|FIXED|\? no/);
  expect(status).toBe(0);
}

describe('a disk', () => {
  it('is made, sparse, of the size that is wanted, and keeps what is written', async () => {
    const disk = path('made.img');
    const first = await runWith(`${disk},size=256M`, ['disk']);
    expect([first.stdout, first.status]).toEqual([expect.stringMatching(/^write: done\nMiB: 2\d\d\n$/), 0]);
    const { size, blocks, mode } = statSync(disk);
    expect([size, mode & 0o777]).toEqual([256 << 20, 0o666 & ~process.umask()]);
    expect(blocks * 512).toBeLessThan(64 << 20);
    expectClean(disk);
    const records = await runWith(disk, ['records', '20']);
    expect(records.stdout.split('\n').slice(0, 2)).toEqual(['have 0', 'ack 1']);
    const again = await runWith(disk, ['records', '1']);
    expect(again.stdout).toBe('have 20\nack 21\n');
    expectClean(disk);
  });

  it('is clean when a file of it was mapped and others were still writing', async () => {
    const disk = path('busy.img');
    expect((await runWith(`${disk},size=64M`, ['busy'])).status).toBe(0);
    expectClean(disk);
  });

  it('can be one of several, at any place, and read-only', async () => {
    const [disk, other] = [path('one.img'), path('two.img')];
    expect((await runWith(`${other},size=64M`, ['records', '3'])).status).toBe(0);
    const words = ['--disk', `${other}:/srv/old/data,ro`];
    const { stdout, status } = await runWith(`${disk},size=32M`, ['show', '/proc/mounts'], words);
    expect(stdout).toMatch(/^\/dev\/vda \/data ext4 rw,/m);
    expect(stdout).toMatch(/^\/dev\/vdb \/srv\/old\/data ext4 ro,/m);
    expect(status).toBe(0);
    const readOnly = await runWith(`${other},ro`, ['disk']);
    expect(readOnly.stdout).toMatch(/^write: Read-only file system\n/);
    expectClean(other);
  });

  it('is mounted for an image that names it itself, or the program is not started', async () => {
    const mine = mkdtempSync(join(folder, 'own-'));
    const own = await buildService(mine, { cmdline: 'ukl.mount=/dev/vda:/data' });
    const without = await runService([own, '--', 'disk']);
    expect([without.status, ...saidCodes(without.stderr)]).toEqual([125, 'UKL5034']);
    expect(without.stderr).toMatch(/nothing could be mounted at \/data, ENXIO: .*\n[^]*--disk FILE:\/data;/);
    expect(without.stdout).not.toContain('write:');
    const granted = await runService([own, '--disk', path('granted.img,size=32M'), '--', 'disk']);
    expect([granted.stdout.split('\n')[0], granted.status]).toEqual(['write: done', 0]);
  });

  it('with a file system that is damaged is not mounted, and the program is not started', async () => {
    const disk = path('damaged.img');
    expect((await runWith(`${disk},size=32M`, ['disk'])).status).toBe(0);
    // Features that no kernel has.
    const { status } = spawnSync(findTool('debugfs') ?? 'debugfs', [
      '-w',
      '-R',
      'set_super_value feature_incompat 0xfff',
      disk,
    ]);
    expect(status).toBe(0);
    const run = await runWith(disk, ['disk']);
    expect([run.status, ...saidCodes(run.stderr)]).toEqual([125, 'UKL5034']);
    expect(run.stderr).toContain(
      'UKL5034: the program was not started: nothing could be mounted at /data, EINVAL:',
    );
  });

  it('belongs to one machine at a time', async () => {
    const disk = path('shared.img');
    let second: Promise<Run> | undefined;
    await runService([image, '--disk', `${disk},size=32M`, '--', 'serve'], {
      onConsole: (text, kill) => {
        if (!text.includes('serving')) return;
        second ??= runWith(disk, ['disk']).finally(() => kill('SIGTERM'));
      },
    });
    const refused = await second;
    expect([refused?.status, ...saidCodes(refused?.stderr ?? '')]).toEqual([125, 'UKL5032']);
    expectClean(disk);
  });
});

it('loses nothing that was acknowledged when QEMU is killed', async () => {
  const disk = path('durable.img');
  let acknowledged = 0;
  const lastNumber = (text: string): number =>
    Number(/^(?:have|ack) (\d+)\n(?![^]*^ack \d+\n)/m.exec(text)?.[1] ?? 0);
  for (let round = 0; round < 5; round++) {
    const wanted = 20 + Math.floor(Math.random() * 200);
    let killed = false;
    const { signal, stdout } = await runService([image, '--disk', `${disk},size=128M`, '--', 'records'], {
      onConsole: (text, kill) => {
        if (killed || lastNumber(text) < acknowledged + wanted) return;
        killed = true;
        // QEMU is killed with the run: see "is ended with the run that is killed".
        setTimeout(() => kill('SIGKILL'), Math.random() * 100);
      },
    });
    expect(signal).toBe('SIGKILL');
    await expect.poll(() => processesNaming(disk)).toEqual([]);
    const [, have] = /^have (\d+)\n/.exec(stdout) ?? [];
    expect(Number(have), `round ${round}`).toBeGreaterThanOrEqual(acknowledged);
    expect(stdout).not.toContain('damaged');
    acknowledged = lastNumber(stdout);
  }
  const { stdout, status } = await runWith(disk, ['records', '0']);
  expect(Number(/^have (\d+)\n$/.exec(stdout)?.[1])).toBeGreaterThanOrEqual(acknowledged);
  expect(status).toBe(0);
  expectClean(disk);
});
