import type { Diagnostic } from './diagnostic.js';

/** What the user thinks of warnings. */
export interface WarningOptions {
  /** Take warnings for errors, as ld's option of this name does. */
  readonly fatalWarnings?: boolean;
  /** Codes of findings to leave out. Errors stay. */
  readonly noWarn?: readonly string[];
}

/** The findings as the user wants them. */
export function judgeFindings<D extends Diagnostic>(
  findings: readonly D[],
  { fatalWarnings = false, noWarn = [] }: WarningOptions,
): D[] {
  return findings
    .filter(({ severity, code }) => severity === 'error' || !noWarn.includes(code))
    .map((finding) =>
      fatalWarnings && finding.severity === 'warning' ? { ...finding, severity: 'error' } : finding,
    );
}
