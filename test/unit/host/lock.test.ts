import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../../src/host/index.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe('withLock', () => {
  it('lets one at a time through, and tells the others whom they wait for', async () => {
    const file = join(temporaryFolder(), 'deep/lock');
    let inside = 0;
    let most = 0;
    const waited: number[] = [];
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await delay(20);
      inside--;
    };
    const onWait = (pid: number): void => void waited.push(pid);
    await Promise.all([1, 2, 3, 4].map(() => withLock(file, work, { onWait })));
    expect(most).toBe(1);
    expect(waited).toEqual([process.pid, process.pid, process.pid]);
    expect(existsSync(file)).toBe(false);
  });

  it('takes over the lock of a process that is no more', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'lock');
    const { pid } = spawnSync('true');
    writeFileSync(file, `${pid} 1\n`);
    expect(await withLock(file, () => Promise.resolve(readFileSync(file, 'utf8')))).toMatch(
      new RegExp(`^${process.pid} \\d+\n$`),
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is not fooled by another process that got the same id', async () => {
    const file = join(temporaryFolder(), 'lock');
    writeFileSync(file, `${process.pid} 1\n`);
    expect(await withLock(file, () => Promise.resolve('in'))).toBe('in');
  });

  it('lets only one of several take over', async () => {
    const file = join(temporaryFolder(), 'lock');
    let inside = 0;
    let most = 0;
    for (let round = 0; round < 4; round++) {
      writeFileSync(file, '999999999 1\n');
      const work = async (): Promise<void> => {
        most = Math.max(most, ++inside);
        await delay(1);
        inside--;
      };
      await Promise.all([1, 2, 3].map(() => withLock(file, work)));
    }
    expect(most).toBe(1);
  });

  it('is given back when the work fails, and stops waiting when it is told to', async () => {
    const file = join(temporaryFolder(), 'lock');
    await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(file)).toBe(false);
    await withLock(file, async () => {
      const waiting = withLock(file, () => Promise.resolve(), { signal: AbortSignal.timeout(50) });
      await expect(waiting).rejects.toThrow();
    });
    expect(existsSync(file)).toBe(false);
  });
});
