import { UklError, hostErrors, type Diagnostic } from '../errors/index.js';
import { removeTemporaries } from '../host/index.js';
import { watchOutput } from './output.js';
import { printDiagnostics, printJson } from './print.js';
import { StatusError } from './status.js';

const words = process.argv.slice(2);

// However this process ends, short of SIGKILL: the tools that it runs are ended by listeners ahead of this one.
process.on('exit', removeTemporaries);
watchOutput();

// The bundle is CommonJS: no await outside of a function.
void main();

async function main(): Promise<void> {
  try {
    if (namesLink(words)) process.exitCode = await (await import('./commands/link.js')).runLink(words);
    else if (words[0] === 'check' && !asksForHelp(words)) {
      process.exitCode = await (await import('./commands/check.js')).runCheck(words.slice(1));
    } else await (await import('./program.js')).runProgram(words);
  } catch (error) {
    const diagnostics = diagnosticsOf(error);
    printDiagnostics(diagnostics);
    if (wantsJson(words)) printJson({ diagnostics });
    process.exitCode = error instanceof StatusError ? error.status : 1;
  }
}

/** The root command: whatever names no other command and asks for no help. A response file may hold all of it, ukl.json, too. */
function namesLink(all: readonly string[]): boolean {
  return /^[-@]/.test(all[0] ?? '-') && !asksForHelp(all);
}

function asksForHelp(all: readonly string[]): boolean {
  return ['--help', '-h', '--version'].some((word) => all.includes(word));
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
