import type { Diagnostic, Place } from '../errors/index.js';

/** One line, or several, on standard output: results. */
export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** One line, or several, on standard error: progress, warnings, errors. */
export function printNotice(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The one JSON document of a run with --json. */
export function printJson(value: unknown): void {
  printLine(JSON.stringify(value, undefined, 2));
}

/** Every problem of a run, together, on standard error. */
export function printDiagnostics(diagnostics: readonly Diagnostic[]): void {
  for (const group of groupDiagnostics(diagnostics)) printNotice(formatGroup(group));
}

/** The same finding in several places. */
export type DiagnosticGroup = readonly [Diagnostic, ...Diagnostic[]];

/** Puts together what differs in the place alone, errors first; all else stays in its order. */
export function groupDiagnostics(diagnostics: readonly Diagnostic[]): DiagnosticGroup[] {
  const groups = new Map<string, [Diagnostic, ...Diagnostic[]]>();
  for (const diagnostic of diagnostics) {
    const { severity, code, message, hint } = diagnostic;
    const key = [severity, code, message, hint].join('\0');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [diagnostic]);
    else group.push(diagnostic);
  }
  const rank = ([{ severity }]: DiagnosticGroup): number => ['error', 'warning', 'note'].indexOf(severity);
  return [...groups.values()].sort((a, b) => rank(a) - rank(b));
}

/** Places listed of a group, unless all are asked for. */
const LISTED_PLACES = 8;

/** `ukl-link: error UKL2003: …`, then places and hint, indented. */
export function formatGroup(group: DiagnosticGroup, most = LISTED_PLACES): string {
  const [{ severity, code, message, hint }] = group;
  const [first = '', ...rest] = message.split('\n');
  const places = group.slice(0, most).filter((diagnostic) => formatPlace(diagnostic) !== '');
  const more = group.length - most;
  return [
    `ukl-link: ${severity} ${code}: ${first}`,
    ...rest.map((line) => `    | ${line}`),
    ...places.map((diagnostic) => `    in ${formatPlace(diagnostic)}${timesText(diagnostic)}`),
    ...(more > 0 ? [`    and in ${more} more places`] : []),
    ...(hint === undefined ? [] : [`    ${hint}`]),
  ].join('\n');
}

function timesText({ count = 1 }: Diagnostic): string {
  return count === 1 ? '' : ` (${count} times)`;
}

/** `libfoo.a(bar.o), section .text+0x12, symbol main` or `ukl.json:3:7`, with what is known of it. */
export function formatPlace(place: Place): string {
  const member = place.member === undefined ? '' : `(${place.member})`;
  const offset = place.offset === undefined ? '' : `+0x${place.offset.toString(16)}`;
  const line = place.line === undefined ? '' : `:${place.line}:${place.column ?? 1}`;
  const parts: string[] = [];
  if (place.file !== undefined)
    parts.push(place.file + line + member + (place.section === undefined ? offset : ''));
  if (place.section !== undefined) parts.push(`section ${place.section}${offset}`);
  if (place.symbol !== undefined) parts.push(`symbol ${place.symbol}`);
  return parts.join(', ');
}
