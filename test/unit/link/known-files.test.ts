import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { KnownFiles } from '../../../src/rewrite/known-files.js';

const folder = mkdtempSync(join(tmpdir(), 'ukl-known-'));
const file = join(folder, 'lib.a');
const LATER = 3000;
beforeEach(() => {
  rmSync(join(folder, 'known-files.json'), { force: true });
  writeFileSync(file, 'content');
});
afterAll(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

const KEY = 'f'.repeat(64);

/** Remembers the file as a run does that comes some time after the last change. */
async function remember(delay = LATER): Promise<void> {
  vi.useFakeTimers({ now: Date.now() + delay, toFake: ['Date'] });
  const known = new KnownFiles(folder);
  known.remember(file, KEY);
  await known.save();
  vi.useRealTimers();
}

describe('files that were read before', () => {
  it('are known in later runs while they do not change', async () => {
    await remember();
    expect(new KnownFiles(folder).get(file)).toMatchObject({ key: KEY, size: 7 });
    expect(new KnownFiles(folder).get(join(folder, 'other.a'))).toBeUndefined();
  });

  it('are not known any more when the content changes, even with size and time of change put back', async () => {
    const { atime, mtime } = statSync(file);
    await remember();
    writeFileSync(file, 'CONTENT');
    utimesSync(file, atime, mtime);
    expect(new KnownFiles(folder).get(file)).toBeUndefined();
  });

  it('are not remembered right after a change, nor when they are gone', async () => {
    await remember(0);
    expect(new KnownFiles(folder).get(file)).toBeUndefined();
    await remember();
    rmSync(file);
    expect(new KnownFiles(folder).get(file)).toBeUndefined();
  });

  it.each([
    ['cut', '{"cut'],
    ['no list', 'null'],
    ['of another shape', JSON.stringify({ [file]: 'x' })],
    ['with a key that is none', JSON.stringify({ [file]: { key: '../x', size: 7, stamp: '' } })],
  ])('are read again when the list is damaged: %s', async (_, text) => {
    await remember();
    writeFileSync(join(folder, 'known-files.json'), text);
    expect(new KnownFiles(folder).get(file)).toBeUndefined();
  });
});
