import { errorDiagnostic, type Diagnostic } from './diagnostic.js';

const BUILD = 'ukl-link kernel build';
const REBUILD = `build it again with: ${BUILD}`;

/** The default profile needs no mention. */
const ofProfile = (profile: string): { readonly kit: string; readonly build: string } =>
  profile === 'default'
    ? { kit: 'kernel kit', build: BUILD }
    : { kit: `kernel kit of the profile "${profile}"`, build: `${BUILD} --profile ${profile}` };

/** UKL4xxx: kernel source, patches, builds and kits. */
export const kernelErrors = {
  sourceMissing: (file: string, install: string): Diagnostic =>
    errorDiagnostic(
      'UKL4001',
      'the kernel source is not there',
      { file },
      `install it with: ${install}; or name a tree or tarball with --source`,
    ),

  notKernelSource: (file: string, reason: string): Diagnostic =>
    errorDiagnostic(
      'UKL4002',
      `not a Linux source tree: ${reason}`,
      { file },
      'give the folder that holds the kernel’s top Makefile, or a tarball of it',
    ),

  wrongVersion: (file: string, found: string, wanted: string): Diagnostic =>
    errorDiagnostic(
      'UKL4003',
      `this is Linux ${found}; the patches are for ${wanted}`,
      { file },
      `give a source tree of Linux ${wanted}`,
    ),

  patchFailed: (patch: string, decisive: string): Diagnostic =>
    errorDiagnostic(
      'UKL4004',
      `the patch does not apply to this source:\n${decisive}`,
      { file: patch },
      'use the source of Debian’s package linux-source-6.1, unchanged',
    ),

  configDropped: (lines: readonly string[]): Diagnostic =>
    errorDiagnostic(
      'UKL4005',
      `the kernel's configuration did not keep ${lines.length} of the requested lines:\n${lines.join('\n')}`,
      {},
      'each has a dependency that is off in this source: add it to the configuration, or drop the line',
    ),

  buildFailed: (decisive: string, log: string): Diagnostic =>
    errorDiagnostic('UKL4006', `the kernel does not build:\n${decisive}`, {}, `the whole log: ${log}`),

  kitMissing: (profile: string): Diagnostic =>
    errorDiagnostic(
      'UKL4010',
      `there is no ${ofProfile(profile).kit} yet`,
      {},
      `build one (once, some minutes) with: ${ofProfile(profile).build}; or bring one: ukl-link kernel install FILE`,
    ),

  kitNotFound: (name: string, known: readonly string[]): Diagnostic =>
    errorDiagnostic(
      'UKL4011',
      `there is no kit "${name}"`,
      {},
      known.length === 0
        ? 'no kits are stored; ukl-link kernel build makes one'
        : `stored: ${known.join(', ')}`,
    ),

  kitAmbiguous: (name: string, matches: readonly string[]): Diagnostic =>
    errorDiagnostic(
      'UKL4012',
      `"${name}" names more than one kit: ${matches.join(', ')}`,
      {},
      'give more digits of the key',
    ),

  kitCorrupt: (file: string, reason: string): Diagnostic =>
    errorDiagnostic(
      'UKL4013',
      `the kit is damaged: ${reason}`,
      { file },
      'remove it with: ukl-link kernel remove KEY; then build or install it again',
    ),

  kitOtherFormat: (file: string, made: string, format: number, wanted: number): Diagnostic =>
    errorDiagnostic(
      'UKL4014',
      `the kit was made by ukl-link ${made} in kit format ${format}; this one reads format ${wanted}`,
      { file },
      REBUILD,
    ),

  kitOtherPatches: (keys: readonly string[], profile: string): Diagnostic =>
    errorDiagnostic(
      'UKL4015',
      `the stored kits were built from other patches or another configuration than this ukl-link has: ${keys.join(', ')}`,
      {},
      `build it again with: ${ofProfile(profile).build}; or choose one of them on purpose with --kit`,
    ),

  packCorrupt: (file: string, reason: string): Diagnostic =>
    errorDiagnostic('UKL4016', `not a packed kit: ${reason}`, { file }, 'get or pack the file again'),

  slotSize: (given: string): Diagnostic =>
    errorDiagnostic(
      'UKL4017',
      `slot size ${given} MiB is out of range`,
      {},
      'give an even number from 2 to 512 (MiB)',
    ),

  identityBroken: (detail: string, pristine: string, patched: string): Diagnostic =>
    errorDiagnostic(
      'UKL4018',
      `with CONFIG_UNIKERNEL_LINUX=n the patched tree builds another vmlinux than the pristine one: ${detail}`,
      {},
      `compare the two: ${pristine} and ${patched}`,
    ),

  profileUnknown: (name: string, known: readonly string[]): Diagnostic =>
    errorDiagnostic('UKL4022', `there is no profile "${name}"`, {}, `profiles: ${known.join(', ')}`),

  noSlot: (symbol: string): Diagnostic =>
    errorDiagnostic(
      'UKL4021',
      `the built kernel has no symbol ${symbol}`,
      {},
      'build from a tree that carries the UKL patches',
    ),

  /** An option was asked for that a kernel of an older series does not have. */
  noEntries: (file: string, missing: readonly string[]): Diagnostic =>
    errorDiagnostic(
      'UKL4025',
      `the kit’s kernel lacks ${missing.length} of the entries that the options need: ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ' …' : ''}`,
      { file },
      'build a kit with this version of ukl-link: ukl-link kernel build',
    ),

  treeNotEmpty: (file: string): Diagnostic =>
    errorDiagnostic(
      'UKL4019',
      'the folder is there already and is not empty',
      { file },
      'name a new folder, or remove this one',
    ),

  notATree: (file: string, reason: string): Diagnostic =>
    errorDiagnostic(
      'UKL4020',
      `not a kernel tree to take patches from: ${reason}`,
      { file },
      'make one with: ukl-link kernel tree DIR',
    ),
};
