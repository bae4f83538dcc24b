/** Options on the command line and in ukl.json: what a link does with them, and what it refuses. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { saidCodes } from '../support/failing.js';

const folder = mkdtempSync(join(tmpdir(), 'ukl-options-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);

beforeAll(() => {
  writeFileSync(path('hello.c'), 'int main(void) { return 0; }\n');
  execFileSync('gcc', ['-c', '-o', path('hello.o'), path('hello.c')]);
  execFileSync('gcc', ['-static-pie', '-o', path('finished'), path('hello.o')]);
});

const link = (...words: readonly string[]) => runCli(['-o', path('image'), ...words], { cwd: folder });
const optionsOf = async (): Promise<unknown> => {
  const { stdout } = await runCli(['inspect', '--json', path('image')]);
  return (JSON.parse(stdout) as { files: { link: { options: unknown } }[] }).files[0]?.link.options;
};

describe('options of a link', () => {
  it('are in the image', async () => {
    expect((await link('--with-program=hello.o')).status).toBe(0);
    expect(await optionsOf()).toEqual([]);
    expect((await link('--with-program=hello.o', '--enable-shortcuts', '--enable-use-ret')).status).toBe(0);
    expect(await optionsOf()).toEqual(['use-ret', 'shortcuts']);
  });

  it('come from ukl.json as well, each once', async () => {
    const file = path('ukl.json');
    writeFileSync(file, JSON.stringify({ program: 'hello.o', enable: ['bypass', 'use-ret'] }));
    expect((await link('--config', file, '--enable-bypass')).status).toBe(0);
    expect(await optionsOf()).toEqual(['use-ret', 'bypass']);
    writeFileSync(file, JSON.stringify({ program: 'hello.o', enable: ['speed'] }));
    expect((await link('--config', file)).status).toBe(1);
  });

  it('are in a finished executable’s image too, where they need no redirected calls', async () => {
    expect((await link('--with-program=finished', '--enable-use-ret')).status).toBe(0);
    expect(await optionsOf()).toEqual(['use-ret']);
    const { status, stderr } = await link('--with-program=finished', '--enable-bypass', '--enable-shortcuts');
    expect([status, ...saidCodes(stderr)]).toEqual([1, 'UKL2048', 'UKL2048']);
  });

  it('are refused where they would do nothing', async () => {
    const { status, stderr } = await link('--with-program=hello.o', '--syscalls=native', '--enable-bypass');
    expect([status, ...saidCodes(stderr)]).toEqual([1, 'UKL2048']);
  });
});
