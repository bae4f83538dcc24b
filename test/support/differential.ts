/** One boot of the suite: fixtures compiled in one code model, linked with the kit's kernel, run in both rings. */
import { mkdirSync } from 'node:fs';
import { link } from '../../src/link.js';
import type { SyscallReport } from '../../src/report/index.js';
import type { SyscallMode } from '../../src/rewrite/index.js';
import { buildMultiCall, linkRing3, type Model } from './compile.js';
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
}

/** Builds, links and boots. Throws if one of the three is not possible; what the guest does is in the result. */
export async function runSuite(
  fixtures: readonly Fixture[],
  { model, syscalls }: { readonly model: Model; readonly syscalls: SyscallMode },
  machine: Pick<Boot, 'cpus' | 'cpu' | 'append'>,
): Promise<SuiteRun> {
  const folder = `${buildFolder}/suite/${model}-${syscalls}`;
  mkdirSync(folder, { recursive: true });
  const program = await buildMultiCall(fixtures, model);
  const kernel = `${folder}/suite.bzImage`;
  const initrd = `${folder}/root.cpio`;
  const linked = await link({
    program: [...program.objects, ...program.libs],
    output: kernel,
    syscalls,
    sites: true,
  });
  await buildSuiteRoot({
    fixtures,
    rings: ['ring3', 'ring0'],
    ring3: await linkRing3(program),
    output: initrd,
  });
  const { console, report, timedOut } = await bootMachine({
    ...{ kernel, initrd, folder: `${folder}/log`, timeout: 400 },
    ...machine,
  });
  const { outcomes, complete } = parseReport(report);
  const last = console.trimEnd().split('\n').slice(-20).join('\n');
  const reason = timedOut
    ? 'the machine was still running when its time was up'
    : 'the machine stopped early';
  return {
    outcomes,
    stopped: complete ? undefined : `${reason}:\n${last}`,
    complaints: kernelComplaints(console),
    sites: linked.syscalls?.sites ?? [],
  };
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
