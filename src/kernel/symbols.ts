import { UklError, kernelErrors } from '../errors/index.js';
import type { Manifest } from './manifest.js';

/** The functions of the kernel that linked programs jump to: without them a kernel is none of ours. */
const ENTRIES = ['ukl_entry_SYSCALL_64'];

/** The slot's place, from the symbols that the patched linker script defines. Throws UKL4021. */
export function slotOf(systemMap: string): Manifest['slot'] {
  const start = addressOf(systemMap, '__ukl_slot_start');
  return { start: formatAddress(start), size: Number(addressOf(systemMap, '__ukl_slot_end') - start) };
}

/** The addresses that links need. Throws UKL4021. */
export function entriesOf(systemMap: string): Manifest['symbols'] {
  return Object.fromEntries(ENTRIES.map((name) => [name, formatAddress(addressOf(systemMap, name))]));
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
