/**
 * The differential suite on twenty machines: all combinations of five and four levels of page tables, page table isolation
 * forced on or as the CPU asks for it, two and four processors, 512 and 128 MB; and one more boot for every way to link. Each boot
 * has a kernel base of its own. MATRIX_FROM and MATRIX_TO (1 to 20) choose some of them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { table, type Cell } from '../../src/cli/table.js';
import {
  bootSuite,
  buildSuite,
  judge,
  type SuiteImage,
  type SuiteMachine,
  type SuiteProgram,
} from '../support/differential.js';
import { loadFixtures } from '../support/fixtures.js';
import { buildFolder } from '../support/paths.js';
import { kernelBase } from '../support/suite.js';

const programs: readonly SuiteProgram[] = [
  { model: 'default', syscalls: 'redirect' },
  { model: 'kernel', syscalls: 'redirect' },
  { model: 'mixed', syscalls: 'redirect' },
  { model: 'default', syscalls: 'native' },
];

const machines = [512, 128].flatMap((memory) =>
  [2, 4].flatMap((cpus) =>
    ['max', 'max,la57=off'].flatMap((cpu) =>
      ['', 'pti=on'].map((append): SuiteMachine => ({ memory, cpus, cpu, append })),
    ),
  ),
);

/** Every machine with one program, in turns that differ from row to row; then every program on the plain machine. */
const boots = [
  ...machines.map((machine, at) => ({
    machine,
    program: programs[(at + Math.floor(at / 4)) % programs.length] as SuiteProgram,
  })),
  ...programs.map((program): { machine: SuiteMachine; program: SuiteProgram } => ({
    machine: { memory: 512, cpus: 2, cpu: 'max', append: '' },
    program,
  })),
].map((boot, at) => ({ ...boot, number: at + 1 }));

const from = Number(process.env.MATRIX_FROM ?? 1);
const to = Number(process.env.MATRIX_TO ?? boots.length);
const chosen = boots.filter(({ number }) => number >= from && number <= to);

const fixtures = loadFixtures().filter(({ needs }) => !needs.includes('image'));
const cases = fixtures.flatMap((fixture) => fixture.cases);

const images = new Map<SuiteProgram, Promise<SuiteImage>>();
function imageOf(program: SuiteProgram): Promise<SuiteImage> {
  const built =
    images.get(program) ?? buildSuite(fixtures, program, `matrix-${program.model}-${program.syscalls}`);
  images.set(program, built);
  return built;
}

const bases: string[] = [];
const rows: Cell[][] = [
  ['boot', 'objects', 'system calls', 'MB', 'cpus', 'cpu', 'append', 'kernel base', 'passed', 'complaints'],
];

describe('boots', () => {
  test.each(chosen.map((boot) => [boot.number, boot] as const))(
    '%i',
    async (number, { machine, program }) => {
      const run = await bootSuite(await imageOf(program), { ...machine, timeout: 1800 });
      const failed = cases.map((one) => [one.id, judge(one, run)]).filter(([, why]) => why !== '');
      const base = kernelBase(run.outcomes) ?? 'unknown';
      bases.push(base);
      rows.push([
        ...[number, program.model, program.syscalls, machine.memory ?? '', machine.cpus],
        ...[machine.cpu ?? '', machine.append ?? '', base],
        ...[`${cases.length - failed.length} of ${cases.length}`, run.complaints.length],
      ]);
      expect(
        { failed, stopped: run.stopped, complaints: run.complaints },
        `to repeat: ${run.command}`,
      ).toEqual({
        failed: [],
        stopped: undefined,
        complaints: [],
      });
    },
  );
});

test('the kernel is at another place in nearly every boot', () => {
  // There are some 490 places: of twenty, two or three may be the same by chance, but never half of them.
  expect(bases).not.toContain('unknown');
  expect(new Set(bases).size).toBeGreaterThan(bases.length / 2);
});

afterAll(() => {
  const text = table(rows);
  mkdirSync(buildFolder, { recursive: true });
  writeFileSync(`${buildFolder}/matrix.txt`, `${text}\n`);
  process.stdout.write(`${text}\n(also in ${buildFolder}/matrix.txt)\n`);
});
