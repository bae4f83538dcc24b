import { UsageError } from './status.js';

/** The value of an option that is a whole number within a range; undefined when it was not given. */
export function wholeNumber(
  option: string,
  text: string | undefined,
  range: { readonly min: number; readonly max: number },
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= range.min && value <= range.max) return value;
  throw new UsageError(`${option} takes a whole number from ${range.min} to ${range.max}, not "${text}"`);
}
