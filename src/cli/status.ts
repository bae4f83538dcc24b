import { UklError, hostErrors, type Diagnostic } from '../errors/index.js';

/** A catalogued error that ends the process with a status of its own; all others end it with 1. */
export class StatusError extends UklError {
  constructor(
    diagnostics: Diagnostic | readonly Diagnostic[],
    readonly status: number,
    options?: ErrorOptions,
  ) {
    super(diagnostics, options);
  }
}

/** The command line itself is wrong: status 2, so that a script can tell it from a failed link. */
export class UsageError extends StatusError {
  constructor(message: string, command = 'ukl-link') {
    super(hostErrors.usage(message, command), 2);
  }
}
