/** `ukl-link bench`: that it measures what it says. No figure is judged here. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { BenchResult } from '../../src/bench/index.js';
import { median } from '../../src/bench/measure.js';
import { readElf } from '../../src/elf/index.js';
import { runCli } from '../support/cli.js';
import { newBench, saidCodes, snapshot } from '../support/failing.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { HELLO_C, Workshop } from '../unit/link/corpus.js';

const shop = new Workshop();
afterAll(() => shop.remove());

/** A tree that make takes for a built kernel, and that notes when it is made. */
function builtTree(): string {
  const tree = temporaryFolder();
  mkdirSync(join(tree, 'init'));
  for (const name of ['vmlinux', '.config', 'init/do_mounts.c']) writeFileSync(join(tree, name), '');
  writeFileSync(join(tree, 'Makefile'), 'bzImage:\n\t@echo made >> log\n');
  return tree;
}

describe('bench link', () => {
  it('runs every subject once a round, and leaves nothing', async () => {
    const { temporary } = newBench();
    const tree = builtTree();
    const object = shop.compile('hello.c', HELLO_C);
    const words = ['bench', 'link', '--rounds', '1', '--json', '--tree', tree, '--', object, '-lm'];
    const { status, stdout } = await runCli(words, { env: { TMPDIR: temporary } });
    expect(status).toBe(0);
    const { schema, rounds, machine, comparisons } = JSON.parse(stdout) as BenchResult;
    expect({ schema, rounds }).toEqual({ schema: 1, rounds: 1 });
    expect(machine.binutils).toContain('GNU ld');
    expect(comparisons.map(({ subjects }) => subjects.map(({ id }) => id))).toEqual([
      ['rewrite', 'prefix', 'objcopy', 'ld -r'],
      ['warm hello', 'cold hello', 'make', 'make touched'],
      ['warm hello.c..o and 1 more', 'cold hello.c..o and 1 more'],
    ]);
    for (const { subjects, ratios } of comparisons) {
      expect(ratios[0]?.ratio).toBe(1);
      for (const { wall } of subjects) expect(wall.median).toBe(wall.min);
      subjects.forEach(({ wall }, i) =>
        expect(ratios[i]?.ratio).toBeCloseTo(wall.min / (subjects[0]?.wall.min ?? 0)),
      );
    }
    const [warm, cold] = comparisons[1]?.subjects ?? [];
    const bytes = (subject: typeof warm): number =>
      subject?.passes?.find(({ name }) => name === 'rewrite')?.bytes ?? -1;
    expect(bytes(warm)).toBe(0);
    expect(bytes(cold)).toBeGreaterThan(1_000_000);
    expect(warm?.peakMemory).toBeGreaterThan(30 << 20);
    // One round that does not count, one that does, and the second target in each.
    expect(readFileSync(join(tree, 'log'), 'utf8')).toBe('made\n'.repeat(4));
    expect(snapshot(temporary)).toEqual({});
  }, 120_000);

  it('says what is wrong before it measures', async () => {
    const tree = await runCli(['bench', 'link', '--tree', temporaryFolder()]);
    expect([tree.status, ...saidCodes(tree.stderr)]).toEqual([1, 'UKL6005']);
    const rounds = await runCli(['bench', 'link', '--rounds', '0']);
    expect([rounds.status, ...saidCodes(rounds.stderr)]).toEqual([2, 'UKL6001']);
    const program = await runCli(['bench', 'link', '--', '/none.o']);
    expect([program.status, ...saidCodes(program.stderr)]).toEqual([1, 'UKL6007']);
    expect(program.stderr).toContain('/none.o');
  }, 120_000);
});

it('bench rewrite writes what a link would', async () => {
  const object = shop.compile('hello.c', HELLO_C);
  const output = shop.path('rewritten.o');
  expect((await runCli(['bench', 'rewrite', object, output])).status).toBe(0);
  const { symbols } = readElf(readFileSync(output));
  const names = Array.from({ length: symbols?.length ?? 0 }, (_, i) => symbols?.name(i));
  expect(names).toContain('ukl_main');
  const absent = await runCli(['bench', 'rewrite', '/none.o', output]);
  expect([absent.status, ...saidCodes(absent.stderr)]).toEqual([1, 'UKL6005']);
});

it('the median', () => {
  expect([median([]), median([3]), median([5, 1, 2]), median([4, 1, 2, 3])]).toEqual([0, 3, 2, 2.5]);
});
