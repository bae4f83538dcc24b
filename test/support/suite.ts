/** The differential suite's root file system: the runner, its plan, a busybox, the programs for both rings. */
import { readFileSync, writeFileSync } from 'node:fs';
import { writeCpio } from '../../src/image/cpio.js';
import { trigger, type RootfsEntry } from '../../src/image/rootfs.js';
import { compileStatic } from './compile.js';
import type { Fixture, FixtureCase } from './fixtures.js';
import { root } from './paths.js';
import { patience } from './patience.js';

export type Ring = 'ring0' | 'ring3';

/** What the runner reports of one run. */
export interface Outcome {
  readonly id: string;
  readonly end: string;
  readonly milliseconds: number;
  readonly output: string;
}

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
  'grep',
  'tail',
];

/** The id under which one run of a case is reported. */
export function runId(one: FixtureCase, ring: Ring, turn: number): string {
  return `${ring} ${one.id}${one.repeat > 1 ? ` #${turn + 1}` : ''}`;
}

/** A run that compares nothing: what the shell says of the machine, for the test to look at. */
export const machineRun = 'machine';
const machineScript = `
grep ' _stext$' /proc/kallsyms
grep -m1 ^flags /proc/cpuinfo | tr ' ' '\\n' | grep -x -e smep -e smap | sort | tr '\\n' ' '
echo "cpus $(grep -c ^processor /proc/cpuinfo)"
cat /proc/cmdline`;

/** Writes the suite's root file system as an uncompressed cpio archive to `output`. */
export async function buildSuiteRoot(options: {
  readonly fixtures: readonly Fixture[];
  readonly rings: readonly Ring[];
  /** Path of the ring-3 executable with all fixtures. */
  readonly ring3: string;
  readonly output: string;
}): Promise<void> {
  const { fixtures, rings, ring3, output } = options;
  const directory = (path: string): RootfsEntry => ({ type: 'directory', path, mode: 0o755 });
  const symlink = (path: string, target: string): RootfsEntry => ({ type: 'symlink', path, target });
  const file = (path: string, data: Uint8Array | string, mode = 0o644): RootfsEntry => ({
    type: 'file',
    path,
    mode,
    data: Buffer.from(data),
  });
  const entries = [
    ...['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'tmp', 'suite', 'ring0', 'ring3'].map(directory),
    file('init', readFileSync(await compileStatic(`${root}/test/support/guest/runner.c`)), 0o755),
    file('bin/busybox', readFileSync('/bin/busybox'), 0o755),
    ...applets.map((applet) => symlink(`bin/${applet}`, 'busybox')),
    file('ring0/.program', trigger, 0o755),
    file('ring3/.program', readFileSync(ring3), 0o755),
    ...fixtures.flatMap(({ name }) =>
      ['ring0', 'ring3'].map((ring) => symlink(`${ring}/${name}`, '.program')),
    ),
    file('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n'),
    file('etc/hosts', '127.0.0.1 localhost\n::1 localhost\n'),
    file('suite/plan', plan(fixtures, rings)),
  ];
  writeFileSync(output, writeCpio(entries));
}

interface PlannedRun {
  readonly id: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly stdin: string;
  /** Seconds. */
  readonly timeout: number;
}

function plan(fixtures: readonly Fixture[], rings: readonly Ring[]): string {
  const runs: PlannedRun[] = [
    {
      ...{ id: machineRun, path: '/bin/sh', args: ['-c', machineScript] },
      ...{ env: ['PATH=/bin'], stdin: '', timeout: 30 },
    },
  ];
  for (const one of fixtures.flatMap(({ cases }) => cases))
    for (let turn = 0; turn < one.repeat; turn++)
      for (const ring of rings) runs.push({ ...one, id: runId(one, ring, turn), ...command(one, ring) });
  return runs
    .flatMap(({ id, path, args, env, stdin, timeout }) => [
      ...[id, path, String(timeout * patience), String(args.length + 1), path, ...args],
      ...[String(env.length), ...env, stdin],
    ])
    .map((field) => `${field}\0`)
    .join('');
}

function command({ fixture, shell, args }: FixtureCase, ring: Ring): Pick<PlannedRun, 'path' | 'args'> {
  if (shell === undefined) return { path: `/${ring}/${fixture}`, args };
  return { path: '/bin/sh', args: ['-c', shell, `/${ring}`] };
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
