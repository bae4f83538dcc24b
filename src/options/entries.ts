import type { UklOption } from './names.js';

/** Where a system call enters the kernel unless an option has another place for it. */
export const GENERAL_ENTRY = 'ukl_entry_SYSCALL_64';

/**
 * The system calls that have an entry of their own for `--enable-bypass`, `ukl_bypass_NUMBER`: the same list is in the kernel's
 * arch/x86/entry/ukl_64.S. Others are as good with the general entry: they cost more than it does, or they never return.
 */
export const BYPASSED: ReadonlySet<number> = new Set([
  0, 1, 3, 5, 7, 8, 9, 10, 11, 13, 14, 16, 17, 18, 19, 20, 23, 24, 28, 35, 39, 43, 44, 45, 46, 47, 62, 72, 96,
  110, 158, 186, 200, 202, 228, 230, 232, 233, 234, 257, 262, 270, 271, 281, 288, 291, 293, 299, 307, 318,
]);

/** The system calls that `--enable-shortcuts` leads past the layers above TCP, `ukl_shortcut_NUMBER`: read, write, sendto, recvfrom. */
export const SHORTCUT: ReadonlySet<number> = new Set([0, 1, 44, 45]);

const bypassEntry = (number: number): string => `ukl_bypass_${number}`;
const shortcutEntry = (number: number): string => `ukl_shortcut_${number}`;

/** With a dot: no function of a C program is called so. */
const numbered = (number: number): string => `${GENERAL_ENTRY}.${number}`;

/**
 * The symbol that the stub of a system call jumps to. Where the number is known it may be one of its own, which the link binds as the
 * options say: so no input is rewritten when they change.
 */
export function entrySymbol(number: number | undefined): string {
  return number !== undefined && BYPASSED.has(number) ? numbered(number) : GENERAL_ENTRY;
}

/** What stubs jump to and where in the kernel that is, or the kernel's functions that a kit would need and does not have. */
export interface BoundEntries {
  readonly addresses: ReadonlyMap<string, bigint>;
  readonly missing: readonly string[];
}

/**
 * Binds every symbol that `entrySymbol` gives to one of the kernel's entries.
 *
 * @param symbols - the kit's: name and hexadecimal address
 */
export function bindEntries(
  options: ReadonlySet<UklOption>,
  symbols: Readonly<Record<string, string>>,
): BoundEntries {
  const addresses = new Map<string, bigint>();
  const missing: string[] = [];
  const bind = (symbol: string, entry: string): void => {
    const at = symbols[entry];
    if (at === undefined) missing.push(entry);
    else addresses.set(symbol, BigInt(at));
  };
  bind(GENERAL_ENTRY, GENERAL_ENTRY);
  for (const number of BYPASSED) bind(numbered(number), entryOf(number, options));
  return { addresses, missing };
}

function entryOf(number: number, options: ReadonlySet<UklOption>): string {
  if (options.has('shortcuts') && SHORTCUT.has(number)) return shortcutEntry(number);
  return options.has('bypass') ? bypassEntry(number) : GENERAL_ENTRY;
}
