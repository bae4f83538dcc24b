import type { InferredOptionTypes, Options } from 'yargs';
import { SLOT_MIB } from '../../kernel/configure.js';
import { DEFAULT_PROFILE, loadSeries, profilesOf, type Series } from '../../kernel/series.js';
import { wholeNumber } from '../numbers.js';

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

/** What decides which kit comes out of a build. */
export const planOptions = {
  source: sourceOption,
  profile: {
    type: 'string',
    requiresArg: true,
    describe: `Configuration: ${profilesOf().join(' or ')} [${DEFAULT_PROFILE}]`,
  },
  'slot-size': {
    type: 'string',
    requiresArg: true,
    describe: `MiB reserved for the program and its root file system, ${SLOT_MIB.min} to ${SLOT_MIB.max} [${SLOT_MIB.default}]`,
  },
} as const satisfies Readonly<Record<string, Options>>;

/** The same as a build takes it. Throws UKL4022 and a UsageError. */
export function planOf(words: InferredOptionTypes<typeof planOptions>): {
  readonly source: string | undefined;
  readonly series: Series;
  readonly slotMiB: number | undefined;
} {
  return {
    source: words.source,
    series: loadSeries(words.profile),
    slotMiB: wholeNumber('--slot-size', words['slot-size'], SLOT_MIB),
  };
}
