import { errorDiagnostic, type Diagnostic } from './diagnostic.js';

/** UKL6xxx: the command line and the machine that ukl-link runs on. */
export const hostErrors = {
  internal: (detail: string): Diagnostic =>
    errorDiagnostic(
      'UKL6000',
      `ukl-link itself failed: ${detail}`,
      {},
      'this is a bug in ukl-link; please report it with the command line and this output',
    ),

  usage: (message: string, command: string): Diagnostic =>
    errorDiagnostic('UKL6001', message, {}, `see \`${command} --help\``),

  toolsMissing: (missing: readonly string[], command: string): Diagnostic =>
    errorDiagnostic(
      'UKL6002',
      `missing on this machine: ${missing.join(', ')}`,
      {},
      `install everything with: ${command}`,
    ),

  diskFull: (file: string): Diagnostic =>
    errorDiagnostic(
      'UKL6003',
      'the disk is full; nothing was left behind',
      { file },
      'free some space, or set UKL_CACHE_DIR to a folder on another disk',
    ),

  notWritable: (file: string, reason: string): Diagnostic =>
    errorDiagnostic('UKL6004', `cannot write: ${reason}`, { file }, 'name a place you may write to'),

  notReadable: (file: string, reason: string): Diagnostic =>
    errorDiagnostic('UKL6005', `cannot read: ${reason}`, { file }, 'check the name and its permissions'),

  interrupted: (signal: string): Diagnostic =>
    errorDiagnostic(
      'UKL6006',
      `stopped by ${signal}; nothing unfinished was left behind`,
      {},
      'run the same command again',
    ),

  /** `what` says what the file is. */
  foreignFile: (file: string, what: string): Diagnostic =>
    errorDiagnostic(
      'UKL6008',
      `no object, archive, program, kernel image or kit, but ${what}`,
      { file },
      'give one of these; a kit also by the first digits of its key',
    ),

  toolFailed: (tool: string, status: string, decisive: string): Diagnostic =>
    errorDiagnostic(
      'UKL6007',
      `${tool} ended with ${status}${decisive === '' ? '' : `:\n${decisive}`}`,
      {},
      `the lines above are ${tool}'s own; mend what they name`,
    ),
};
