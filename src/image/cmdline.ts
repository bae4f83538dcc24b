import { imageErrors, type Diagnostic } from '../errors/index.js';
import { MAX_CMDLINE } from './types.js';

/** What is wrong with the text of a default kernel command line of at most `limit` bytes: UKL3004, UKL3005. */
export function checkCmdline(cmdline: string, limit: number = MAX_CMDLINE): Diagnostic[] {
  const problems: Diagnostic[] = [];
  if (cmdline.length > limit) problems.push(imageErrors.cmdlineTooLong(cmdline.length, limit));
  const strange = cmdline.search(/[^\x20-\x7e]/);
  if (strange >= 0) problems.push(imageErrors.cmdlineNotAscii(strange));
  return problems;
}
