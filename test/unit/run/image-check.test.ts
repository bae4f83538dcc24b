import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkBootable } from '../../../src/run/image-check.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ukl-check-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function check(bytes: Buffer): Promise<void> {
  const file = join(dir, 'image');
  await writeFile(file, bytes);
  await checkBootable(file);
}

/** @param size - Bytes of the file. */
function bzImage(setupSects: number, paragraphs: number, size: number): Buffer {
  const image = Buffer.alloc(size);
  image.writeUInt8(setupSects, 0x1f1);
  image.writeUInt32LE(paragraphs, 0x1f4);
  image.writeUInt16LE(0xaa55, 0x1fe);
  image.write('HdrS', 0x202);
  return image;
}

test('whole images pass', async () => {
  await check(bzImage(3, 10, 4 * 512 + 160));
  await check(bzImage(0, 10, 5 * 512 + 160));
  await check(Buffer.from('\x7fELF rest', 'latin1'));
});

test.each([
  ['nothing', Buffer.alloc(0), /it has only 0 bytes/],
  ['a text', Buffer.from('#!/bin/sh\n'), /it has only 10 bytes/],
  ['something else', Buffer.alloc(4096, 1), /neither/],
  ['a cut image', bzImage(3, 10, 4 * 512 + 100), /it is cut off: 2148 bytes of at least 2193/],
])('%s does not', async (_name, bytes, why) => {
  await expect(check(bytes)).rejects.toThrow(/UKL5003/);
  await expect(check(bytes)).rejects.toThrow(why);
});

test('nor does a file that cannot be read', async () => {
  await expect(checkBootable(join(dir, 'missing'))).rejects.toThrow(/UKL5002: .*missing: ENOENT/);
  await expect(checkBootable(dir)).rejects.toThrow(/UKL5002: .*EISDIR/);
});
