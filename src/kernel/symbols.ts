import { UklError, kernelErrors } from '../errors/index.js';
import { GENERAL_ENTRY } from '../options/index.js';
import type { Manifest } from './manifest.js';

/** The function of the kernel that linked programs jump to: without it a kernel is none of ours. */
const ENTRY = GENERAL_ENTRY;

/** Those that they jump to when an option says so (docs/options.md). */
const OPTIONAL_ENTRIES = /^([0-9a-f]{16}) \S (ukl_(?:bypass|shortcut)_\d+)$/gm;

/** The slot's place, from the symbols that the patched linker script defines. Throws UKL4021. */
export function slotOf(systemMap: string): Manifest['slot'] {
  const start = addressOf(systemMap, '__ukl_slot_start');
  return { start: formatAddress(start), size: Number(addressOf(systemMap, '__ukl_slot_end') - start) };
}

/** The addresses that links need. Throws UKL4021. */
export function entriesOf(systemMap: string): Manifest['symbols'] {
  const entries: Record<string, string> = { [ENTRY]: formatAddress(addressOf(systemMap, ENTRY)) };
  for (const [, address = '', name = ''] of systemMap.matchAll(OPTIONAL_ENTRIES))
    entries[name] = `0x${address}`;
  return entries;
}

/** System.map: `address type name`, a line each. */
function addressOf(systemMap: string, symbol: string): bigint {
  const [, address] = new RegExp(`^([0-9a-f]{16}) \\S ${symbol}$`, 'm').exec(systemMap) ?? [];
  if (address === undefined) throw new UklError(kernelErrors.noSlot(symbol));
  return BigInt(`0x${address}`);
}

function formatAddress(address: bigint): string {
  return `0x${address.toString(16).padStart(16, '0')}`;
}
