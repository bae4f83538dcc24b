import { UklError, hostErrors, type Diagnostic } from '../errors/index.js';
import { removeTemporaries } from '../host/index.js';
import { printDiagnostics, printJson } from './print.js';
import { runProgram } from './program.js';
import { StatusError } from './status.js';

const words = process.argv.slice(2);

try {
  await runProgram(words);
} catch (error) {
  const diagnostics = diagnosticsOf(error);
  printDiagnostics(diagnostics);
  if (wantsJson(words)) printJson({ diagnostics });
  process.exitCode = error instanceof StatusError ? error.status : 1;
} finally {
  removeTemporaries();
}

/** Whatever is thrown and not catalogued is a bug of ours: it is shown with its stack, never hidden. */
function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof UklError) return error.diagnostics;
  return [hostErrors.internal(error instanceof Error ? (error.stack ?? error.message) : String(error))];
}

/** Looked up by hand: the command line may be the very thing that is wrong. */
function wantsJson(all: readonly string[]): boolean {
  const end = all.indexOf('--');
  return (end === -1 ? all : all.slice(0, end)).includes('--json');
}
