import { UklError, hostErrors } from '../errors/index.js';

/** The command line itself is wrong. It ends with a status of its own, so that a script can tell it from a failed link. */
export class UsageError extends UklError {
  constructor(message: string, command = 'ukl-link') {
    super(hostErrors.usage(message, command));
  }
}
