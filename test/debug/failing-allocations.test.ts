/** What only a kernel of the profile `debug` can show; part of `make test-debug`. */
import { execa } from 'execa';
import { mkdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { link } from '../../src/link.js';
import { live } from '../support/live.js';
import { kernelComplaints } from '../support/machine.js';
import { buildFolder, root } from '../support/paths.js';

test('each allocation in fork, exec, clone and mprotect may fail', async () => {
  const folder = `${buildFolder}/debug`;
  mkdirSync(folder, { recursive: true });
  const object = `${folder}/failing-allocations.o`;
  const source = `${root}/test/debug/failing-allocations.c`;
  await execa('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-D_GNU_SOURCE', '-c', source, '-o', object]);
  const image = `${folder}/failing-allocations.bzImage`;
  await link({ program: [object], output: image, kit: 'debug' });
  const { console, end } = await live({ image, memory: 512, kernelLog: true, timeout: 1800 });
  // That an allocation for a stack has failed is told with a call trace, and no mistake (warn_alloc() of vmalloc()).
  const complaints = kernelComplaints(console).filter((line) => !line.endsWith(' Call Trace:'));
  expect(complaints).toEqual([]);
  for (const what of ['fork', 'exec', 'thread', 'protect'])
    expect(console).toContain(`${what}: each allocation has failed once\n`);
  // The last thing that the program does is an exec in which nothing fails.
  expect(end).toMatchObject({ outcome: { kind: 'exit', status: 0 } });
});
