import { check, type CheckOptions } from '../../check.js';
import type { LinkSettings } from '../../config/index.js';
import type { Diagnostic, Severity, WarningOptions } from '../../errors/index.js';
import { chosenConfig } from '../config-choice.js';
import { readInputWords } from '../input-words.js';
import { checkOptions } from '../link-words.js';
import { formatGroup, groupDiagnostics, printJson, printLine } from '../print.js';
import { endAtOnceOnSignal } from '../signals.js';
import { UsageError } from '../status.js';
import { warningChoice } from '../warning-choice.js';

/** `ukl-link check`, without its name. Returns the exit status: 1 when there are errors. */
export async function runCheck(words: readonly string[]): Promise<number> {
  const { program: typed, given } = readInputWords(words, checkOptions);
  const settings = await linkSettingsOf(typed, given.config?.[0], warningChoice(given));
  const { program = [], fatalWarnings = false, noWarn = [] } = settings;
  if (program.length === 0)
    throw new UsageError('name what to check: objects, archives, -lNAME', 'ukl-link check');
  const everyMember = given['every-member'] !== undefined;
  const options: CheckOptions = { program, everyMember, fatalWarnings, noWarn };
  endAtOnceOnSignal();
  const { objects, findings } = await check(options);
  const counts = countsOf(findings);
  if (given.json !== undefined) printJson({ objects, ...counts, findings });
  else {
    const most = given.all === undefined ? undefined : Infinity;
    for (const group of groupDiagnostics(findings)) printLine(formatGroup(group, most));
    printLine(
      `${plural(objects, 'object')}: ${Object.entries(counts)
        .map(([what, n]) => plural(n, what.slice(0, -1)))
        .join(', ')}`,
    );
  }
  return counts.errors === 0 ? 0 : 1;
}

/** Inputs that are named take the place of the configuration file's program. */
async function linkSettingsOf(
  typed: readonly string[],
  named: string | undefined,
  warnings: WarningOptions,
): Promise<LinkSettings> {
  const flags = { program: typed, ...warnings };
  const config = await chosenConfig(named, typed.length === 0);
  if (config === undefined) return flags;
  const { overlayLink } = await import('../../config/index.js');
  return overlayLink(config.link, { ...flags, replacesProgram: typed.length > 0 });
}

function countsOf(findings: readonly Diagnostic[]): { errors: number; warnings: number; notes: number } {
  const count = (severity: Severity): number =>
    findings.filter((finding) => finding.severity === severity).length;
  return { errors: count('error'), warnings: count('warning'), notes: count('note') };
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
