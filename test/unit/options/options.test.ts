import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BYPASSED,
  GENERAL_ENTRY,
  SHORTCUT,
  UKL_OPTIONS,
  bindEntries,
  entrySymbol,
  optionBits,
  optionsOf,
} from '../../../src/options/index.js';
import { headerFlags, headerOptions } from '../../../src/image/program-headers.js';
import { packageRoot } from '../../../src/host/index.js';

const series = join(packageRoot, 'patches/linux-6.1');
const patches = readdirSync(series)
  .filter((name) => name.endsWith('.patch'))
  .map((name) => readFileSync(join(series, name), 'utf8'));

/** The numbers of the entries that the kernel's patches make by these macros: number and name of each, with commas between them. */
const madeBy = (macros: string): number[] =>
  patches.flatMap((patch) =>
    [...patch.matchAll(new RegExp(`^\\+(?:${macros}) (\\d.*)`, 'gm'))].flatMap(([, list = '']) =>
      list.split(',').map((one) => parseInt(one, 10)),
    ),
  );

const ascending = (numbers: Iterable<number>): number[] => [...numbers].sort((a, b) => a - b);

/** A kernel with all entries, each at an address of its own. */
const symbols = Object.fromEntries(
  [
    GENERAL_ENTRY,
    ...[...BYPASSED].map((number) => `ukl_bypass_${number}`),
    ...[...SHORTCUT].map((number) => `ukl_shortcut_${number}`),
  ].map((name, i) => [name, `0x${(0x1000 + i * 256).toString(16)}`]),
);

describe('options of a link', () => {
  it('have a bit each, in the program header too', () => {
    expect(UKL_OPTIONS.map((option) => optionBits([option]))).toEqual([1, 2, 8, 16]);
    fc.assert(
      fc.property(fc.subarray([...UKL_OPTIONS]), (options) => {
        expect(optionsOf(headerOptions(headerFlags(optionBits(options))))).toEqual(options);
      }),
    );
  });
});

describe('entries of the kernel', () => {
  it('are those that the kernel’s patches make', () => {
    expect(ascending(madeBy('UKL_BYPASS|UKL_NUMBER'))).toEqual(ascending(BYPASSED));
    expect(ascending(madeBy('UKL_SHORTCUT'))).toEqual(ascending(SHORTCUT));
  });

  it('are named by number where there is one of its own', () => {
    expect(entrySymbol(undefined)).toBe(GENERAL_ENTRY);
    expect(entrySymbol(59)).toBe(GENERAL_ENTRY);
    expect(entrySymbol(1)).toBe(`${GENERAL_ENTRY}.1`);
  });

  const boundTo = (options: readonly (typeof UKL_OPTIONS)[number][], number: number): string | undefined => {
    const at = bindEntries(new Set(options), symbols).addresses.get(entrySymbol(number));
    return Object.keys(symbols).find((name) => BigInt(symbols[name] ?? 0) === at);
  };

  it('are bound as the options say', () => {
    expect([1, 3].map((number) => boundTo([], number))).toEqual([GENERAL_ENTRY, GENERAL_ENTRY]);
    expect([1, 3].map((number) => boundTo(['use-ret', 'libupcall'], number))).toEqual([
      GENERAL_ENTRY,
      GENERAL_ENTRY,
    ]);
    expect([1, 3].map((number) => boundTo(['bypass'], number))).toEqual(['ukl_bypass_1', 'ukl_bypass_3']);
    expect([1, 3].map((number) => boundTo(['shortcuts'], number))).toEqual(['ukl_shortcut_1', GENERAL_ENTRY]);
    expect([1, 3].map((number) => boundTo(['bypass', 'shortcuts'], number))).toEqual([
      'ukl_shortcut_1',
      'ukl_bypass_3',
    ]);
  });

  it('are missing in a kernel without them only if they are asked for', () => {
    const old = { [GENERAL_ENTRY]: '0x1000' };
    expect(bindEntries(new Set(['use-ret']), old).missing).toEqual([]);
    expect(bindEntries(new Set(['shortcuts']), old).missing).toHaveLength(SHORTCUT.size);
    expect(bindEntries(new Set(['bypass']), old).missing).toHaveLength(BYPASSED.size);
  });
});
