import { check, type CheckOptions } from '../../check.js';
import type { Diagnostic, Severity } from '../../errors/index.js';
import { readInputWords } from '../input-words.js';
import { checkOptions } from '../link-words.js';
import { formatGroup, groupDiagnostics, printJson, printLine } from '../print.js';
import { endAtOnceOnSignal } from '../signals.js';
import { UsageError } from '../status.js';
import { warningChoice } from '../warning-choice.js';

/** `ukl-link check`, without its name. Returns the exit status: 1 when there are errors. */
export async function runCheck(words: readonly string[]): Promise<number> {
  const { program, given } = readInputWords(words, checkOptions);
  if (program.length === 0)
    throw new UsageError('name what to check: objects, archives, -lNAME', 'ukl-link check');
  const options: CheckOptions = {
    program,
    everyMember: given['every-member'] !== undefined,
    ...warningChoice(given),
  };
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

function countsOf(findings: readonly Diagnostic[]): { errors: number; warnings: number; notes: number } {
  const count = (severity: Severity): number =>
    findings.filter((finding) => finding.severity === severity).length;
  return { errors: count('error'), warnings: count('warning'), notes: count('note') };
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
