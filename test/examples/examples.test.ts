/**
 * Every example does what its README says: `make test` in its folder fetches the source, builds it with ukl-gcc, links the image and tries it with its
 * real clients. Sources and builds stay in examples/NAME/build, so only the first run is long.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { patience } from '../support/patience.js';
import { buildFolder, root } from '../support/paths.js';

const examples = readdirSync(join(root, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
/** OpenSSL's first build is the longest: some ten minutes of two processors that do other things, too. */
const limit = 1_800_000 * patience;
const logs = join(buildFolder, 'examples');
mkdirSync(logs, { recursive: true });

test('there are examples, and the table in examples/README.md names each', () => {
  expect(examples.length).toBeGreaterThan(0);
  const table = readFileSync(join(root, 'examples', 'README.md'), 'utf8');
  expect(examples.filter((name) => !table.includes(`](${name}/)`))).toEqual([]);
});

describe.each(examples)('examples/%s', (name) => {
  test(
    'make test',
    async () => {
      const log = join(logs, `${name}.log`);
      const { status, words } = await makeTest(name, log);
      expect(status, `make -C examples/${name} test, all of it in ${log}:\n${words}`).toBe(0);
      expect(words).toContain('ok: ');
    },
    limit + 30_000,
  );
});

/** Runs an example's test in a process group of its own, which ends with the time limit at the latest; says how it ended, and its last 60 lines. */
async function makeTest(name: string, log: string): Promise<{ status: number | string; words: string }> {
  const output = openSync(log, 'w');
  const make = spawn('make', ['-C', join(root, 'examples', name), 'test'], {
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);
  const end = setTimeout(() => {
    // The scripts end their machines at SIGTERM.
    if (make.pid !== undefined) process.kill(-make.pid, 'SIGTERM');
  }, limit);
  const status = await new Promise<number | string>((resolve, reject) => {
    make.on('error', reject);
    make.on('close', (code, signal) => {
      resolve(code ?? `ended by ${String(signal)} after ${limit / 1000} s`);
    });
  });
  clearTimeout(end);
  return { status, words: readFileSync(log, 'utf8').split('\n').slice(-60).join('\n') };
}
