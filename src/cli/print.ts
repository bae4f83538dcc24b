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
  for (const diagnostic of diagnostics) printNotice(formatDiagnostic(diagnostic));
}

/** `ukl-link: error UKL2003: …`, then place and hint, indented. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const [first = '', ...rest] = diagnostic.message.split('\n');
  const place = formatPlace(diagnostic);
  return [
    `ukl-link: ${diagnostic.severity} ${diagnostic.code}: ${first}`,
    ...rest.map((line) => `    | ${line}`),
    ...(place === '' ? [] : [`    in ${place}`]),
    ...(diagnostic.hint === undefined ? [] : [`    ${diagnostic.hint}`]),
  ].join('\n');
}

/** `libfoo.a(bar.o), section .text+0x12, symbol main`, with what is known of it. */
export function formatPlace(place: Place): string {
  const member = place.member === undefined ? '' : `(${place.member})`;
  const offset = place.offset === undefined ? '' : `+0x${place.offset.toString(16)}`;
  const parts: string[] = [];
  if (place.file !== undefined) parts.push(place.file + member + (place.section === undefined ? offset : ''));
  if (place.section !== undefined) parts.push(`section ${place.section}${offset}`);
  if (place.symbol !== undefined) parts.push(`symbol ${place.symbol}`);
  return parts.join(', ');
}
