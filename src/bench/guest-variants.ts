import { UKL_OPTIONS, type UklOption } from '../options/index.js';

/** The options of docs/options.md that `bench guest` can link its program with. */
export const BENCHED: readonly UklOption[] = ['use-ret', 'bypass', 'shortcuts'];

/** The variants of `--options all`: each option alone, then all together. */
export const ALL_VARIANTS: readonly (readonly UklOption[])[] = [
  ...BENCHED.map((option) => [option]),
  BENCHED,
];

/** Reads `NAME[+NAME …]` or `all`; undefined if a name is none. */
export function parseVariants(text: string): readonly (readonly UklOption[])[] | undefined {
  if (text === 'all') return ALL_VARIANTS;
  const names = text.split('+');
  const found = UKL_OPTIONS.filter((option) => names.includes(option));
  return found.length === names.length ? [found] : undefined;
}
