import { judgeFindings, type Diagnostic, type WarningOptions } from './errors/index.js';
import {
  executableFindings,
  findToolchain,
  openExecutable,
  parseProgramArguments,
  surveyInputs,
  surveyMembers,
} from './inputs/index.js';
import { RewriteCache } from './rewrite/index.js';

export interface CheckOptions extends WarningOptions {
  /** The inputs, as for a link. */
  readonly program: readonly string[];
  /** Every member of the archives given, instead of what a link would take of them and of the system's libraries. */
  readonly everyMember?: boolean;
  readonly cache?: RewriteCache;
}

export interface CheckResult {
  /** How many objects were looked at, archive members included. */
  readonly objects: number;
  /** Everything found, notes included; one for each function and kind of finding. */
  readonly findings: readonly Diagnostic[];
}

/**
 * Says what a link of these inputs would meet, and what the program does that is different in ring 0, without linking: no kit is needed. What is wrong
 * with the inputs is among the findings; only files that cannot be opened are thrown, together (UKL1xxx, UKL2001-2010, UKL6002-6005).
 */
export async function check(options: CheckOptions): Promise<CheckResult> {
  const { program, everyMember = false, cache = new RewriteCache() } = options;
  const parsed = parseProgramArguments(program);
  const executable = openExecutable(parsed);
  if (executable !== undefined) {
    const findings = await executableFindings(executable, cache);
    return { objects: 1, findings: judgeFindings(findings, options) };
  }
  const toolchain = await findToolchain();
  const { objects, findings } = everyMember
    ? await surveyMembers(parsed, toolchain, cache)
    : await surveyInputs(parsed, toolchain, cache);
  return { objects: objects.length, findings: judgeFindings(findings, options) };
}
