/** One boot of the suite: fixtures compiled in one code model, linked with the kit's kernel, run in both rings. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { link } from '../../src/link.js';
import type { UklOption } from '../../src/options/index.js';
import type { SyscallReport } from '../../src/report/index.js';
import type { SyscallMode } from '../../src/rewrite/index.js';
import { buildMultiCall, linkExecutable, type Model } from './compile.js';
import type { Fixture, FixtureCase } from './fixtures.js';
import { bootMachine, kernelComplaints, type Boot } from './machine.js';
import { buildFolder } from './paths.js';
import { buildSuiteRoot, expectedOfRing0, judgeRing3, parseReport, runId, type Outcome } from './suite.js';

export interface SuiteRun {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** What stopped the machine before the last run, with the console's last lines; undefined if nothing did. */
  readonly stopped: string | undefined;
  /** Lines in which the kernel complains about itself. */
  readonly complaints: readonly string[];
  /** The program's system call sites, with what became of them. */
  readonly sites: SyscallReport['sites'];
  /** QEMU's command, for a shell. */
  readonly command: string;
}

/** What the suite boots; several machines may boot the same. */
export interface SuiteImage {
  readonly kernel: string;
  readonly initrd: string;
  readonly sites: SyscallReport['sites'];
}

/** A machine that the suite boots. `timeout`: seconds for all of it; default 400. */
export type SuiteMachine = Pick<Boot, 'cpus' | 'cpu' | 'memory' | 'append'> & { readonly timeout?: number };

/** How the suite's program is compiled and linked. */
export interface SuiteProgram {
  readonly model: Model;
  readonly syscalls: SyscallMode;
  /** Options of the link (docs/options.md). */
  readonly enable?: readonly UklOption[];
  /** Whether gcc links it, as a static-PIE executable that both rings run. */
  readonly finished?: boolean;
}

/** Builds and links; throws if that is not possible. What is of an earlier build of `name` is replaced. */
export async function buildSuite(
  fixtures: readonly Fixture[],
  { model, syscalls, enable = [], finished = false }: SuiteProgram,
  name = [finished ? 'static-pie' : `${model}-${syscalls}`, ...enable].join('-'),
): Promise<SuiteImage> {
  const folder = `${buildFolder}/suite/${name}`;
  mkdirSync(folder, { recursive: true });
  const program = await buildMultiCall(fixtures, model);
  const kernel = `${folder}/suite.bzImage`;
  const initrd = `${folder}/root.cpio`;
  const executable = await linkExecutable(program, finished ? 'static-pie' : 'static');
  const linked = await link({
    program: finished ? [executable] : [...program.objects, ...program.libs],
    output: kernel,
    syscalls,
    enable,
    sites: true,
  });
  await buildSuiteRoot({
    fixtures,
    rings: ['ring3', 'ring0'],
    ring3: executable,
    output: initrd,
  });
  return { kernel, initrd, sites: linked.syscalls?.sites ?? [] };
}

/**
 * QEMU before 8.1 can run the translation of a breakpoint that another processor of the machine has taken away meanwhile (its commit deba78709ae8,
 * "Always lock pages before translation"). A kernel that changes one of its static branches with `text_poke_bp()` dies of it, once in some hundred boots.
 */
const lostBreakpoint = /\] int3: 0000 \[#1\]/;

/** Boots once, or twice if the emulator has lost a breakpoint. Throws if QEMU cannot run; what the guest does is in the result. */
export async function bootSuite(
  { kernel, initrd, sites }: SuiteImage,
  machine: SuiteMachine,
): Promise<SuiteRun> {
  const timeout = machine.timeout ?? 900;
  const folder = `${dirname(kernel)}/log`;
  const once = () => bootMachine({ ...machine, kernel, initrd, folder, timeout });
  let boot = await once();
  if (lostBreakpoint.test(boot.console)) {
    process.stdout.write('QEMU has run a breakpoint that was no longer there; the machine boots again\n');
    boot = await once();
  }
  const { outcomes, complete } = parseReport(boot.report);
  const last = boot.console.trimEnd().split('\n').slice(-20).join('\n');
  const reason = boot.timedOut
    ? 'the machine was still running when its time was up'
    : 'the machine stopped early';
  return {
    outcomes,
    stopped: complete ? undefined : `${reason}:\n${last}`,
    complaints: kernelComplaints(boot.console),
    sites,
    command: boot.command,
  };
}

/** A run of which single cases can be tried again. */
export interface RepeatableRun extends SuiteRun {
  /** What `judge` says of each of `turns` further boots of the fixture that `one` belongs to, and of no other. */
  readonly again: (one: FixtureCase, turns: number) => Promise<string[]>;
}

/** Builds, links and boots. Throws if one of the three is not possible; what the guest does is in the result. */
export async function runSuite(
  fixtures: readonly Fixture[],
  program: SuiteProgram,
  machine: SuiteMachine,
): Promise<RepeatableRun> {
  const again = async (one: FixtureCase, turns: number): Promise<string[]> => {
    const owner = fixtures.filter(({ cases }) => cases.includes(one));
    const image = await buildSuite(owner, program, `again-${one.id.replaceAll(/[^\w.-]/g, '-')}`);
    const verdicts: string[] = [];
    for (let turn = 0; turn < turns; turn++) {
      const run = await bootSuite(image, machine);
      verdicts.push([judge(one, run), run.stopped ?? '', ...run.complaints].filter(Boolean).join('\n'));
    }
    return verdicts;
  };
  return { ...(await bootSuite(await buildSuite(fixtures, program), machine)), again };
}

/** What is wrong with one case in this run, as text; empty if both rings did what they should. */
export function judge(one: FixtureCase, { outcomes }: SuiteRun): string {
  const problems: string[] = [];
  for (let turn = 0; turn < one.repeat; turn++) {
    const ring3 = outcomes.get(runId(one, 'ring3', turn));
    const ring0 = outcomes.get(runId(one, 'ring0', turn));
    problems.push(...judgeRing3(one, ring3).map((problem) => `ring 3 ${problem}`));
    if (ring3 && ring0) problems.push(...compare(one, ring3, ring0));
    else problems.push('ring 0 did not run');
  }
  return problems.join('\n');
}

function compare(one: FixtureCase, ring3: Outcome, ring0: Outcome): string[] {
  const wanted = expectedOfRing0(one, ring3.output);
  const problems =
    ring0.end === ring3.end ? [] : [`ring 0 ended with ${ring0.end}, ring 3 with ${ring3.end}`];
  if (ring0.output !== wanted)
    problems.push(`ring 0 wrote\n${ring0.output}\nbut should have written, by ring 3,\n${wanted}`);
  return problems;
}

/**
 * `judge`, and when a test is tried a second time, the first thing wrong in three boots of the case alone. Hundreds of programs on an emulated machine
 * whose processors the host shares out are late now and then; what is wrong, and not just late, is so again. `attempt`: 0 or 1.
 */
export async function verdict(one: FixtureCase, run: RepeatableRun, attempt: number): Promise<string> {
  // What was to run after a machine had stopped is not in doubt.
  if (attempt === 0 || run.stopped !== undefined) return judge(one, run);
  return (await run.again(one, 3)).find((text) => text !== '') ?? '';
}
