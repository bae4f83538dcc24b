import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UklError } from '../../src/index.js';
import { runImage, type RunOptions } from '../../src/run/index.js';
import { buildStubImage, type StubLife } from '../support/stub-image.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ukl-stub-'));
});
afterAll(() => rm(dir, { recursive: true }));

let count = 0;

/** Runs a machine that lives this life; gives its console and how it ended, in one value. */
async function live(life: StubLife, options: Partial<RunOptions> = {}) {
  const image = await buildStubImage(dir, `stub${count++}`, life);
  const chunks: Uint8Array[] = [];
  const notes: string[] = [];
  const run = runImage({
    image,
    memory: 64,
    timeout: 60,
    onConsole: (bytes) => void chunks.push(bytes),
    onNote: (note) => notes.push(note.code),
    ...options,
  });
  const end = await run.then(
    ({ outcome, exitCode }) => ({ outcome, exitCode }),
    (error: unknown) => {
      if (!(error instanceof UklError)) throw error;
      return { codes: error.diagnostics.map((d) => d.code), message: error.message };
    },
  );
  return { end, notes, console: Buffer.concat(chunks).toString('latin1') };
}

describe('how a machine ends', () => {
  test('with a result: the exit status, and the console unaltered', async () => {
    const every = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
    const text = `${every.slice(0, 128)}\r\nlast words`;
    const { end, console } = await live({ console: text, result: 'exit 7\n', then: 'power off' });
    expect(end).toEqual({ outcome: { kind: 'exit', status: 7 }, exitCode: 7 });
    expect(console).toBe(text);
  });
});
void Readable;
