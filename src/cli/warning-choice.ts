import type { WarningOptions } from '../errors/index.js';
import type { InputWords } from './input-words.js';
import type { warningOptions } from './link-words.js';
import { UsageError } from './status.js';

/** What a command line says about warnings. Throws a UsageError for what is no code. */
export function warningChoice(given: InputWords<keyof typeof warningOptions>['given']): WarningOptions {
  const noWarn = given['no-warn'] ?? [];
  for (const code of noWarn) {
    if (!/^UKL\d{4}$/.test(code))
      throw new UsageError(`--no-warn takes a code such as UKL2105, not "${code}"`);
  }
  return { ...(given['fatal-warnings'] === undefined ? {} : { fatalWarnings: true }), noWarn };
}
