import { UKL_OPTIONS, type UklOption } from '../options/index.js';

/** The variants of `--options all`: each option alone, then all together. */
export const ALL_VARIANTS: readonly (readonly UklOption[])[] = [
  ...UKL_OPTIONS.map((option) => [option]),
  UKL_OPTIONS,
];

/** Reads `NAME[+NAME …]` or `all`; undefined if a name is none. */
export function parseVariants(text: string): readonly (readonly UklOption[])[] | undefined {
  if (text === 'all') return ALL_VARIANTS;
  const names = text.split('+');
  const found = UKL_OPTIONS.filter((option) => names.includes(option));
  return found.length === names.length ? [found] : undefined;
}
