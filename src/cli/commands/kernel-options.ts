import type { Options } from 'yargs';

/** Options that several kernel commands share. */
export const sourceOption = {
  type: 'string',
  requiresArg: true,
  describe: 'Kernel source: a folder or a tarball [Debian’s package linux-source-6.1]',
} as const satisfies Options;

export const jobsOption = {
  type: 'string',
  requiresArg: true,
  describe: 'Compilations at the same time [as many as processors]',
} as const satisfies Options;

export const kitOption = {
  type: 'string',
  requiresArg: true,
  describe: 'First digits of a key, a profile, or a folder [the kit a link would take]',
} as const satisfies Options;

export const jsonOption = {
  type: 'boolean',
  describe: 'Print one JSON document instead of text',
} as const satisfies Options;
