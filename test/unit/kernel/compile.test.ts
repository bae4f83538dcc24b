import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compile } from '../../../src/kernel/compile.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** A tree in which make says as much as kbuild does for this many files. */
async function build(files: number): Promise<{ steps: string; log: string }> {
  const tree = temporaryFolder();
  const recipe = `@for i in $$(seq ${files}); do echo "  CC      $$i.o"; done`;
  writeFileSync(join(tree, 'Makefile'), `all:\n\t${recipe}\n`);
  const stepsFile = join(tree, 'build', 'steps');
  const logFile = join(tree, 'logs', 'log');
  await compile({ tree, target: 'all', jobs: 1, logFile, stepsFile });
  return { steps: stepsFile, log: readFileSync(logFile, 'utf8') };
}

test('a full build is logged, and counted for the next one, in folders that were not there', async () => {
  const { steps, log } = await build(150);
  expect(log).toContain('  CC      150.o\n');
  expect(readFileSync(steps, 'utf8')).toBe('150\n');
});

test('an incremental build is not counted', async () => {
  const { steps } = await build(20);
  expect(() => readFileSync(steps)).toThrow('ENOENT');
});
