import { linkErrors, type Diagnostic } from '../errors/index.js';
import type { UklOption } from '../options/index.js';
import type { LinkOptions } from './options.js';
import type { ProgramSource } from './resolve.js';

/** The options that work by where redirected system calls go. */
const NEED_REDIRECTION: readonly UklOption[] = ['bypass', 'shortcuts'];

/** Why options cannot be what the user means by them, given what is linked. */
export function checkEnabled(
  { enable = [], syscalls }: LinkOptions,
  source: ProgramSource['kind'] | undefined,
): Diagnostic[] {
  const why =
    source === 'executable'
      ? 'of a finished executable nothing tells which system calls may be redirected'
      : syscalls === 'native'
        ? '--syscalls=native leaves all system calls alone'
        : undefined;
  if (why === undefined) return [];
  return NEED_REDIRECTION.filter((option) => enable.includes(option)).map((option) =>
    linkErrors.optionNeedsRedirection(option, why),
  );
}
