/** `ukl-link inspect` as a process, over what `ukl-link` makes of real inputs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { findKit } from '../../src/kernel/store.js';
import type { FileReport } from '../../src/inspect/index.js';
import { runCli } from '../support/cli.js';
import { jsonProblems, saidCodes } from '../support/failing.js';
import { HELLO_C, Workshop } from '../unit/link/corpus.js';

const shop = new Workshop();
afterAll(() => shop.remove());

interface Inspected {
  readonly schema: number;
  readonly files: readonly FileReport[];
}

it('an image that was just linked, as text and as JSON', async () => {
  const hello = shop.compile('hello.c', HELLO_C);
  const image = shop.path('hello.bzImage');
  const words = ['--args', 'an "arg of two"', '--env=A=b c', '--cmdline=panic=7'];
  expect((await runCli([`--with-program=${hello}`, ...words, '-o', image])).status).toBe(0);
  const kit = await findKit();

  const { status, stdout } = await runCli(['inspect', image, '--json']);
  expect(status).toBe(0);
  const { schema, files } = JSON.parse(stdout) as Inspected;
  expect(schema).toBe(1);
  const [report] = files;
  if (report?.kind !== 'image') expect.fail(`inspected as ${report?.kind}`);
  const { link } = report;
  expect(report).toMatchObject({ crcGood: true, size: readFileSync(image).length });
  expect(report.kernel.split(' ')[0]).toBe(kit.manifest.kernel.release);
  expect(link).toMatchObject({
    kit: kit.manifest.key,
    kitFolder: kit.folder,
    slot: { address: kit.manifest.slot.start, size: kit.manifest.slot.size },
    argv: ['hello.c.', 'an', 'arg of two'],
    env: ['A=b c'],
    cmdline: 'panic=7',
  });
  const { code, segments = [] } = link?.program ?? {};
  const ways = code?.kernelEntries.reduce((sum, { count }) => sum + count, 0) ?? 0;
  expect((code?.syscalls ?? 0) + ways).toBeGreaterThan(50);
  expect(segments.filter(({ type }) => type === 'PT_LOAD').map(({ flags }) => flags)).toEqual([
    'R  ',
    'R E',
    'RW ',
  ]);

  const text = await runCli(['inspect', image]);
  expect(text.status).toBe(0);
  expect(text.stdout).toMatch(/^\S+: an image made by ukl-link, \d+ bytes\n/);
  expect(text.stdout).toMatch(/^ {2}arguments +hello\.c\. an 'arg of two'$/m);
  expect(text.stdout).toMatch(/^ {2}command line +"panic=7"$/m);
  expect(text.stdout).toMatch(/^ {2}PT_UKL_INITRAMFS +\d+ +0xffffffff/m);
  expect(text.stdout).toMatch(/^ {2}c +0600 +0 +0 +5, 1 +dev\/console$/m);
  expect(text.stdout).not.toMatch(/undefined|\[object|NaN| $/m);
});

it('a stored kit by its key, every file of it checked', async () => {
  const { manifest, folder } = await findKit();
  const { status, stdout } = await runCli(['inspect', manifest.key.slice(0, 12), '--verify']);
  expect(status).toBe(0);
  expect(stdout).toContain(`${folder}: a kit`);
  expect(stdout).toContain('every file is as its SHA-256 says');
  for (const name of Object.keys(manifest.files)) expect(stdout).toContain(`  ${name} `);
});

it('several files: what can be said of each, and all that is wrong, with status 1', async () => {
  const hello = shop.compile('hello.c', HELLO_C);
  const archive = shop.archive('lib.a', [hello]);
  writeFileSync(shop.path('text'), 'some text\n');
  writeFileSync(shop.path('half.o'), readFileSync(hello).subarray(0, 200));
  const words = [hello, shop.path('text'), archive, shop.path('half.o'), '/none'];
  const text = await runCli(['inspect', ...words]);
  expect(text.status).toBe(1);
  expect(text.stdout).toContain(`${hello}: an x86-64 object`);
  expect(text.stdout).toContain(`${archive}: an archive`);
  expect(saidCodes(text.stderr)).toEqual(['UKL6008', 'UKL1005', 'UKL6005']);
  const json = await runCli(['inspect', ...words, '--json']);
  expect((JSON.parse(json.stdout) as Inspected).files.map(({ kind }) => kind)).toEqual(['object', 'archive']);
  expect(jsonProblems(json.stdout).map(({ code }) => code)).toEqual(saidCodes(text.stderr));
});
