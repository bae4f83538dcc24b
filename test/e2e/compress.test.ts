import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { COMPRESSIONS, readImage } from '../../src/image/index.js';
import { runCli } from '../support/cli.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { HELLO_C, Workshop } from '../unit/link/corpus.js';

const shop = new Workshop();
let hello: string;
beforeAll(() => {
  hello = shop.compile('hello.c', HELLO_C);
});
afterAll(() => shop.remove());

it('--compress changes how an image is packed, and nothing of what is in it', async () => {
  const folder = temporaryFolder();
  const sizes: Record<string, number> = {};
  const contents = new Set<string>();
  for (const compression of COMPRESSIONS) {
    const output = join(folder, compression);
    const words = [`--with-program=${hello}`, '-o', output, '--compress', compression, '--json'];
    const { status, stdout, stderr } = await runCli(words);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const image = readFileSync(output);
    expect(JSON.parse(stdout)).toMatchObject({ compress: compression, size: image.length });
    const { ukl, ...info } = await readImage(image);
    expect(info).toMatchObject({ compression, crcGood: true });
    sizes[compression] = image.length;
    contents.add(Buffer.from(ukl!.payload.bytes).toString('base64'));
  }
  expect(contents.size).toBe(1);
  expect(
    Object.entries(sizes)
      .sort(([, a], [, b]) => a - b)
      .map(([name]) => name),
  ).toEqual(['zstd', 'gzip', 'lz4', 'none']);

  const plain = join(folder, 'plain');
  await runCli([`--with-program=${hello}`, '-o', plain]);
  expect(readFileSync(plain).equals(readFileSync(join(folder, 'lz4'))), 'lz4 is the default').toBe(true);
});

it('kernel show lists what a kit can be packed with', async () => {
  const { stdout } = await runCli(['kernel', 'show']);
  expect(stdout).toMatch(/^compress +lz4, zstd, gzip, none$/m);
  const json = await runCli(['kernel', 'show', '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({ manifest: { compress: ['lz4', 'zstd', 'gzip', 'none'] } });
});
