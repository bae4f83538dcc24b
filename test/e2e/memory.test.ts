import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findKit } from '../../src/kernel/store.js';
import { runCli } from '../support/cli.js';
import { run } from '../unit/elf/support/corpus.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** What a link may need at most, in KiB: no more than a C compiler does. */
const MOST = 250 * 1024;

const LOADER = join(import.meta.dirname, '../support/report-memory.mjs');

/** Peak memory of `ukl-link` itself, in KiB. */
async function peakOf(args: readonly string[], cache: string): Promise<number> {
  const peak = join(cache, 'peak');
  const env = { UKL_CACHE_DIR: cache, PEAK_FILE: peak, NODE_OPTIONS: `--import=${LOADER}` };
  const { status, stderr } = await runCli(args, { env });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return Number(readFileSync(peak, 'utf8'));
}

/** A cache with this machine's kits and nothing else. */
async function coldCache(): Promise<string> {
  const cache = temporaryFolder();
  const { folder } = await findKit();
  mkdirSync(join(cache, 'kits'));
  symlinkSync(folder, join(cache, 'kits', folder.slice(folder.lastIndexOf('/') + 1)));
  return cache;
}

describe('peak memory of a link', () => {
  it('that rewrites every system library, and then of one that finds them', async () => {
    const cache = await coldCache();
    const object = join(cache, 'all.o');
    writeFileSync(
      join(cache, 'all.cc'),
      '#include <cmath>\n#include <iostream>\nint main(int n, char **) { std::cout << std::sin(n); }\n',
    );
    run('g++', ['-O1', '-c', join(cache, 'all.cc'), '-o', object]);
    const args = [`--with-program=${object}`, '-o', join(cache, 'all.bzImage')];
    const cold = await peakOf(args, cache);
    expect(cold).toBeGreaterThan(20 * 1024);
    expect(cold).toBeLessThan(MOST);
    expect(await peakOf(args, cache)).toBeLessThan(cold);
  });

  it('of a program as large as redis: a hundred objects of 40 KiB', async () => {
    const cache = await coldCache();
    const functions = (): string =>
      Array.from(
        { length: 60 },
        (_, i) =>
          `int f${i}(int a, int b) { for (int i = 0; i < b; i++) a = a * ${i + 3} + sink(a ^ b); return a; }`,
      ).join('\n');
    const objects = Array.from({ length: 100 }, (_, i) => join(cache, `part${i}.o`));
    // One compilation; objcopy, which is faster, gives the others names of their own.
    writeFileSync(join(cache, 'part.c'), `extern int sink(int);\n${functions()}\n`);
    run('gcc', ['-O1', '-g', '-c', join(cache, 'part.c'), '-o', join(cache, 'part.o')]);
    objects.forEach((object, i) => {
      run('objcopy', [`--prefix-symbols=p${i}_`, join(cache, 'part.o'), object]);
    });
    const sinks = objects.map((_, i) => `int p${i}_sink(int a) { return a; }\n`);
    writeFileSync(join(cache, 'main.c'), `${sinks.join('')}int main(void) { return 0; }\n`);
    run('gcc', ['-c', join(cache, 'main.c'), '-o', join(cache, 'main.o')]);
    const programs = [join(cache, 'main.o'), ...objects].map((object) => `--with-program=${object}`);
    const peak = await peakOf([...programs, '-o', join(cache, 'large.bzImage')], cache);
    expect(peak).toBeLessThan(MOST);
  });
});
