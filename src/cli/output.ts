import { UklError, hostErrors } from '../errors/index.js';
import { asIoError, systemCode } from '../host/index.js';
import { printDiagnostics } from './print.js';

/** What a shell says of a process that SIGPIPE ended. Node ignores the signal, and gets an error instead. */
const SIGPIPE_STATUS = 128 + 13;

/** Ends the process when nobody reads its output any more, or when it cannot be written: UKL6003, UKL6004. */
export function watchOutput(): void {
  process.stdout.on('error', (error: Error) => {
    endOnPipe(error);
    const reason = asIoError(error, 'standard output', 'write');
    printDiagnostics(reason instanceof UklError ? reason.diagnostics : [hostErrors.internal(error.message)]);
    process.exit(1);
  });
  process.stderr.on('error', (error: Error) => {
    endOnPipe(error);
    // There is no place left to say it.
    process.exit(1);
  });
}

/** `ukl-link … | head` is no failure worth a word. */
function endOnPipe(error: unknown): void {
  if (systemCode(error) === 'EPIPE') process.exit(SIGPIPE_STATUS);
}
