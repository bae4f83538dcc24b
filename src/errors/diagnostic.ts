/** How bad a finding is. Only `error` stops a run. */
export type Severity = 'error' | 'warning' | 'note';

/** Where something was found. Every part is optional; the CLI prints the ones that are there. */
export interface Place {
  /** Path of the file, as the user gave it. */
  readonly file?: string;
  /** Member of an archive. */
  readonly member?: string;
  readonly section?: string;
  readonly symbol?: string;
  /** Byte offset within `section`, or within the file when there is no section. */
  readonly offset?: number;
  /** Of a text file, counted from 1. */
  readonly line?: number;
  /** Characters (UTF-16 units) from the line's start, counted from 1. */
  readonly column?: number;
}

/**
 * One thing to tell the user: what was found, where, and what to do about it.
 * `code` is stable: it is never reused for another problem (see docs/errors.md).
 */
export interface Diagnostic extends Place {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** What to do. */
  readonly hint?: string;
  /** How often it was found in the symbol, 1 when absent; the offset is the first one's. */
  readonly count?: number;
}

/** The one exception the library throws on purpose: one or more catalogued problems, reported together. */
export class UklError extends Error {
  override readonly name = 'UklError';
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: Diagnostic | readonly Diagnostic[], options?: ErrorOptions) {
    const list = Array.isArray(diagnostics)
      ? (diagnostics as readonly Diagnostic[])
      : [diagnostics as Diagnostic];
    super(list.map((d) => `${d.code}: ${d.message}`).join('\n'), options);
    this.diagnostics = list;
  }
}

type DiagnosticMaker = (code: string, message: string, place?: Place, hint?: string) => Diagnostic;

const makerOf =
  (severity: Severity): DiagnosticMaker =>
  (code, message, place = {}, hint) => ({
    code,
    severity,
    message,
    ...place,
    ...(hint === undefined ? {} : { hint }),
  });

/** A catalogued problem of each severity, as the functions in the catalogue build it. */
export const errorDiagnostic = makerOf('error');
export const warningDiagnostic = makerOf('warning');
export const noteDiagnostic = makerOf('note');

/** What a machine that ended badly said last; appended to the message. */
export function withTail(message: string, tail: readonly string[]): string {
  if (tail.length === 0) return `${message}\nthe console stayed empty`;
  return `${message}\nlast console lines:\n${tail.map((line) => `  | ${line}`).join('\n')}`;
}
