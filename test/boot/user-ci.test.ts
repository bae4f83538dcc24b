import { execa } from 'execa';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/host/index.js';
import { patience } from '../support/patience.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const PROGRAM = `#include <stdio.h>
int main(int argc, char **argv) { printf("got %s\\n", argv[argc - 1]); return argc; }
`;

const seconds = String(120 * patience);

it('a Makefile links, boots and tests; the smoke job keeps status and console', async () => {
  const folder = temporaryFolder();
  const env = { PATH: `${packageRoot}/bin:${process.env.PATH}` };
  writeFileSync(join(folder, 'smoke.c'), PROGRAM);
  writeFileSync(
    join(folder, 'Makefile'),
    'include $(shell ukl-link --print-makefile)\nCFLAGS += $(UKL_CFLAGS)\n',
  );
  copyFileSync(join(packageRoot, 'examples/ci/ukl-smoke.sh'), join(folder, 'ukl-smoke.sh'));

  const tested = await execa('make', ['test-smoke', `UKL_TEST_TIMEOUT=${seconds}`, 'UKL_ARGS=two words'], {
    cwd: folder,
    env,
    reject: false,
  });
  expect(tested.stdout).toMatch(/^got words$/m);
  expect(tested.stderr).toMatch(/\[.*ukl\.mk:\d+: test-smoke\] Error 3/);

  const smoke = await execa('./ukl-smoke.sh', ['smoke.bzImage', seconds, '--env=A=1'], {
    cwd: folder,
    env,
    reject: false,
  });
  expect(smoke.stderr).toContain('smoke.bzImage ended with status 1; its console is in smoke.bzImage.log');
  expect(smoke.exitCode).toBe(1);
  expect(smoke.stdout).toContain('got smoke');
  expect(readFileSync(join(folder, 'smoke.bzImage.log'), 'utf8')).toContain('got smoke\n');
});
