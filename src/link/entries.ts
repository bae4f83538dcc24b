import { UklError, kernelErrors } from '../errors/index.js';
import type { Kit } from '../kernel/kit.js';
import { bindEntries } from '../options/index.js';
import type { LinkOptions } from './options.js';

/** Where in a kit's kernel the program's system calls go, by the symbols that stubs jump to. Throws UKL4025. */
export function entriesOfKit(
  { folder, manifest }: Kit,
  { enable = [] }: LinkOptions,
): ReadonlyMap<string, bigint> {
  const { addresses, missing } = bindEntries(new Set(enable), manifest.symbols);
  if (missing.length > 0) throw new UklError(kernelErrors.noEntries(folder, missing));
  return addresses;
}
