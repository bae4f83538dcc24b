import { endianness } from 'node:os';
import type { BootRelocs } from './types.js';

const SWAP = endianness() === 'BE';

/** No relocations at all. */
export const NO_RELOCS: BootRelocs = { relocs64: [], relocs32Inverse: [], relocs32: [] };

/** Lists in the order of the table. */
const LISTS = ['relocs64', 'relocs32Inverse', 'relocs32'] as const;

/** Bytes of the table that holds all of these: the entries, and the zero that heads each of the three lists. */
export function bootRelocsSize(...tables: readonly BootRelocs[]): number {
  let entries = LISTS.length;
  for (const table of tables) for (const list of LISTS) entries += table[list].length;
  return entries * 4;
}

/**
 * Writes one relocation table that holds those of all `tables`. handle_relocations() walks it backwards from the
 * payload's end and takes a zero for the end of a list, hence the order of the lists and the zero at the head of each.
 *
 * @param out - exactly {@link bootRelocsSize} bytes, 4-byte aligned in its buffer
 */
export function writeBootRelocs(out: Uint8Array, tables: readonly BootRelocs[]): void {
  if (out.length !== bootRelocsSize(...tables)) throw new RangeError('the table has another size');
  // Typed arrays copy whole lists at once, which in a short run is ten times as fast as a DataView.
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length / 4);
  let at = 0;
  for (const list of LISTS) {
    words[at++] = 0;
    for (const table of tables) {
      words.set(table[list], at);
      at += table[list].length;
    }
  }
  if (SWAP) Buffer.from(out.buffer, out.byteOffset, out.length).swap32();
}

/**
 * Reads the relocation table that ends at the end of `payload`, the way handle_relocations() does.
 *
 * @returns the lists in table order, and the payload offset the table starts at
 * @throws Error when a list has no beginning within the payload
 */
export function readBootRelocs(payload: Uint8Array): { relocs: BootRelocs; start: number } {
  const skipped = payload.length % 4;
  // A copy, whatever the alignment. Not slice(): a Buffer's gives a view.
  const bytes = new Uint8Array(payload.subarray(skipped));
  if (SWAP) Buffer.from(bytes.buffer).swap32();
  const words = new Uint32Array(bytes.buffer);
  let end = words.length;
  const previousList = (): Uint32Array => {
    const zero = end === 0 ? -1 : words.lastIndexOf(0, end - 1);
    if (zero < 0) throw new Error('the relocation table has no beginning');
    const entries = words.subarray(zero + 1, end);
    end = zero;
    return entries;
  };
  const relocs32 = previousList();
  const relocs32Inverse = previousList();
  const relocs64 = previousList();
  return { relocs: { relocs64, relocs32Inverse, relocs32 }, start: skipped + end * 4 };
}
