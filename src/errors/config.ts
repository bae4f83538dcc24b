import { errorDiagnostic, type Diagnostic, type Place } from './diagnostic.js';

const KEYS = 'docs/config.md lists every key';

/** UKL602x: the configuration file. `at` is the path of a value in it, `run.ports[0]`. */
export const configErrors = {
  notJson: (what: string, place: Place): Diagnostic =>
    errorDiagnostic(
      'UKL6020',
      `not JSON: ${what}`,
      place,
      'it is plain JSON: names in double quotes, no comments, no comma behind the last value',
    ),

  badValue: (at: string, what: string, place: Place): Diagnostic =>
    errorDiagnostic('UKL6021', `${at}: ${what}`, place, KEYS),

  unknownKey: (at: string, nearest: string | undefined, place: Place): Diagnostic =>
    errorDiagnostic(
      'UKL6022',
      `${at}: there is no such key`,
      place,
      nearest === undefined ? KEYS : `the nearest is "${nearest}"; ${KEYS}`,
    ),

  keyTwice: (at: string, place: Place): Diagnostic =>
    errorDiagnostic('UKL6023', `${at} is given twice`, place, 'keep one of the two'),
};
