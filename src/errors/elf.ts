import { errorDiagnostic, type Diagnostic, type Place } from './diagnostic.js';

/** UKL1xxx: input files that are not what they should be. */
export const elfErrors = {
  notElf: (place: Place): Diagnostic =>
    errorDiagnostic(
      'UKL1001',
      'not an ELF file or ar archive',
      place,
      'give an object (.o) or an archive (.a)',
    ),
};
