/** What a link can change about how a program and the kernel meet (docs/options.md), and the bit that tells the kernel: UKL_… of include/linux/ukl.h. */
const BITS = { 'use-ret': 1, bypass: 2, shortcuts: 8, libupcall: 16 } as const;

export type UklOption = keyof typeof BITS;

export const UKL_OPTIONS = Object.keys(BITS) as readonly UklOption[];

/** The options as bits. */
export function optionBits(options: Iterable<UklOption>): number {
  let bits = 0;
  for (const option of options) bits |= BITS[option];
  return bits;
}

/** The options that bits stand for; bits that are none of ours are left out. */
export function optionsOf(bits: number): UklOption[] {
  return UKL_OPTIONS.filter((option) => (bits & BITS[option]) !== 0);
}
