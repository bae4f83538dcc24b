/** What a link can change about how a program and the kernel meet (docs/options.md), in the order of the bits that tell the kernel. */
export const UKL_OPTIONS = ['use-ret', 'bypass', 'same-stack', 'shortcuts', 'libupcall'] as const;

export type UklOption = (typeof UKL_OPTIONS)[number];

/** The options as bits, the first of {@link UKL_OPTIONS} the lowest: `enum ukl_option` of include/linux/ukl.h. */
export function optionBits(options: Iterable<UklOption>): number {
  let bits = 0;
  for (const option of options) bits |= 1 << UKL_OPTIONS.indexOf(option);
  return bits;
}

/** The options that bits stand for; bits that are none of ours are left out. */
export function optionsOf(bits: number): UklOption[] {
  return UKL_OPTIONS.filter((_, i) => (bits & (1 << i)) !== 0);
}
