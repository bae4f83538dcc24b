import type { BootRelocs } from './types.js';

/** No relocations at all. */
export const NO_RELOCS: BootRelocs = { relocs64: [], relocs32Inverse: [], relocs32: [] };

/** Entries with the three zeros that head the lists, in bytes. */
export function bootRelocsSize(...tables: readonly BootRelocs[]): number {
  let entries = 3;
  for (const table of tables)
    entries += table.relocs64.length + table.relocs32Inverse.length + table.relocs32.length;
  return entries * 4;
}

/**
 * Writes one relocation table that holds those of all `tables`. handle_relocations() walks it backwards from the
 * payload's end and takes a zero for the end of a list, hence the order of the lists and the zero at the head of each.
 *
 * @param out - exactly {@link bootRelocsSize} bytes
 */
export function writeBootRelocs(out: Uint8Array, tables: readonly BootRelocs[]): void {
  // Not a Uint32Array: the place in the payload need not be aligned, and the table is little-endian on every host.
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  let at = 0;
  const put = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  for (const list of ['relocs64', 'relocs32Inverse', 'relocs32'] as const) {
    put(0);
    for (const table of tables) {
      const entries = table[list];
      // In range: the loop's bound.
      for (let i = 0; i < entries.length; i++) put(entries[i]!);
    }
  }
  if (at !== out.length) throw new RangeError(`relocation table of ${at} bytes in a place of ${out.length}`);
}

/**
 * Reads the relocation table that ends at the end of `payload`, the way handle_relocations() does.
 *
 * @returns the lists in ascending table order, and the payload offset the table starts at
 * @throws Error when a list does not end within the payload
 */
export function readBootRelocs(payload: Uint8Array): { relocs: BootRelocs; start: number } {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  let at = payload.length;
  const list = (): Uint32Array => {
    const end = at;
    do {
      at -= 4;
      if (at < 0) throw new Error('relocation table has no beginning');
    } while (view.getUint32(at, true) !== 0);
    const entries = new Uint32Array((end - at) / 4 - 1);
    for (let i = 0; i < entries.length; i++) entries[i] = view.getUint32(at + 4 + i * 4, true);
    return entries;
  };
  const relocs32 = list();
  const relocs32Inverse = list();
  const relocs64 = list();
  return { relocs: { relocs64, relocs32Inverse, relocs32 }, start: at };
}
