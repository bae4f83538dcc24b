/** The differential suite's root file system: the runner, its plan, a busybox, the programs for both rings. */
import { execa } from 'execa';
import { chmodSync, copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { compileStatic } from './compile.js';
import type { Fixture, FixtureCase } from './fixtures.js';
import { root } from './paths.js';

export type Ring = 'ring0' | 'ring3';

/** What the runner reports of one run. */
export interface Outcome {
  readonly id: string;
  readonly end: string;
  readonly milliseconds: number;
  readonly output: string;
}

/** `\x7fUKL`, version 1: exec of a file with these bytes starts the program in the kernel's slot. */
const trigger = Buffer.from([0x7f, 0x55, 0x4b, 0x4c, 1, 0, 0, 0]);

const applets = [
  'sh',
  'cat',
  'echo',
  'true',
  'false',
  'kill',
  'sleep',
  'head',
  'wc',
  'sort',
  'rm',
  'ls',
  'tr',
  'seq',
];

/** The id under which one run of a case is reported. */
export function runId(one: FixtureCase, ring: Ring, turn: number): string {
  return `${ring} ${one.id}${one.repeat > 1 ? ` #${turn + 1}` : ''}`;
}

/** Builds the root file system as an uncompressed cpio archive at `output` from scratch in `folder`. */
export async function buildSuiteRoot(options: {
  readonly fixtures: readonly Fixture[];
  readonly rings: readonly Ring[];
  readonly ring3: string;
  readonly folder: string;
  readonly output: string;
}): Promise<void> {
  const { folder, fixtures } = options;
  rmSync(folder, { recursive: true, force: true });
  for (const path of ['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'tmp', 'suite', 'ring0', 'ring3'])
    mkdirSync(`${folder}/${path}`, { recursive: true });
  const install = (from: string, to: string): void => {
    copyFileSync(from, `${folder}/${to}`);
    chmodSync(`${folder}/${to}`, 0o755);
  };
  install(await compileStatic(`${root}/test/support/guest/runner.c`), 'init');
  install('/bin/busybox', 'bin/busybox');
  for (const applet of applets) symlinkSync('busybox', `${folder}/bin/${applet}`);
  install(options.ring3, 'ring3/.program');
  writeFileSync(`${folder}/ring0/.program`, trigger, { mode: 0o755 });
  for (const { name } of fixtures)
    for (const ring of ['ring0', 'ring3']) symlinkSync('.program', `${folder}/${ring}/${name}`);
  writeFileSync(`${folder}/etc/passwd`, 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(`${folder}/etc/hosts`, '127.0.0.1 localhost\n::1 localhost\n');
  writeFileSync(`${folder}/suite/plan`, plan(fixtures, options.rings));
  await execa(
    `find . -print0 | LC_ALL=C sort -z | cpio -o -0 -H newc --quiet --owner=+0:+0 -F ${JSON.stringify(options.output)}`,
    { shell: '/bin/bash', cwd: folder },
  );
}

function plan(fixtures: readonly Fixture[], rings: readonly Ring[]): string {
  const fields: string[] = [];
  for (const one of fixtures.flatMap(({ cases }) => cases))
    for (let turn = 0; turn < one.repeat; turn++)
      for (const ring of rings) {
        const path = one.shell === undefined ? `/${ring}/${one.fixture}` : '/bin/sh';
        const args = one.shell === undefined ? one.args : ['-c', one.shell, `/${ring}`];
        fields.push(runId(one, ring, turn), path, String(one.timeout));
        fields.push(String(args.length + 1), path, ...args);
        fields.push(String(one.env.length), ...one.env, one.stdin);
      }
  return fields.map((field) => `${field}\0`).join('');
}

/** Reads the runner's report, as far as it goes. `complete` is false if the machine stopped before the end. */
export function parseReport(report: Buffer): { outcomes: Map<string, Outcome>; complete: boolean } {
  const outcomes = new Map<string, Outcome>();
  for (let at = 0; ;) {
    const headEnd = report.indexOf('\n', at);
    if (headEnd < 0) return { outcomes, complete: false };
    const [kind, id = '', end = '', milliseconds = '', size = ''] = report
      .toString('utf8', at, headEnd)
      .split('\t');
    if (kind === 'done') return { outcomes, complete: true };
    const bodyEnd = headEnd + 1 + Number(size);
    if (kind !== 'run' || !(bodyEnd < report.length)) return { outcomes, complete: false };
    const output = report.toString('utf8', headEnd + 1, bodyEnd);
    outcomes.set(id, { id, end, milliseconds: Number(milliseconds), output });
    at = bodyEnd + 1;
  }
}

/** What is wrong with ring 3's outcome, by the fixture's own directives; empty if nothing. */
export function judgeRing3(one: FixtureCase, outcome: Outcome | undefined): string[] {
  if (!outcome) return ['did not run'];
  const problems: string[] = [];
  if (outcome.end !== one.end) problems.push(`ended with ${outcome.end}, expected ${one.end}`);
  const wanted = one.stdout && one.stdout.map((line) => `${line}\n`).join('');
  if (wanted !== undefined && outcome.output !== wanted)
    problems.push(`wrote ${JSON.stringify(outcome.output)}, expected ${JSON.stringify(wanted)}`);
  if (wanted === undefined && outcome.output === '') problems.push('wrote nothing');
  return problems.length > 0 && wanted === undefined ? [...problems, outcome.output] : problems;
}

/** What ring 0 must write, given what ring 3 wrote: the same but for the lines of the fixture's `Ring0` directives. */
export function expectedOfRing0(one: FixtureCase, ring3: string): string {
  const lines = ring3.split('\n');
  for (const { ring3: from, ring0: to } of one.differences) {
    const at = lines.indexOf(from);
    if (at < 0) throw new Error(`${one.id}: ring 3 never wrote the line of a Ring0 directive: ${from}`);
    lines[at] = to;
  }
  return lines.join('\n');
}
