import type { Cursor } from './cursor.js';

/**
 * Pointer encodings (LSB Core, "DWARF Exception Header Encoding"): the low four bits say the format, the next three what it is
 * relative to, the top bit that it is the address of the pointer.
 */
export const DW_EH_PE = {
  absptr: 0x00,
  uleb128: 0x01,
  udata2: 0x02,
  udata4: 0x03,
  udata8: 0x04,
  sleb128: 0x09,
  sdata2: 0x0a,
  sdata4: 0x0b,
  sdata8: 0x0c,
  pcrel: 0x10,
  indirect: 0x80,
  omit: 0xff,
} as const;

/** Bytes that a pointer of this encoding takes, undefined for LEB128 and unknown formats. */
export function encodedSize(encoding: number): 2 | 4 | 8 | undefined {
  switch (encoding & 0xf) {
    case DW_EH_PE.udata2:
    case DW_EH_PE.sdata2:
      return 2;
    case DW_EH_PE.udata4:
    case DW_EH_PE.sdata4:
      return 4;
    case DW_EH_PE.absptr:
    case DW_EH_PE.udata8:
    case DW_EH_PE.sdata8:
      return 8;
    default:
      return undefined;
  }
}

/** A number of an encoding's format, read as unsigned: a length or an offset, which is never negative. */
export function readUnsigned(cursor: Cursor, encoding: number): number {
  if ((encoding & 0xf) === DW_EH_PE.uleb128) return cursor.uleb();
  switch (encodedSize(encoding)) {
    case 2:
      return cursor.u16();
    case 4:
      return cursor.u32();
    case 8:
      return Number(cursor.u64());
    case undefined:
      throw cursor.refuse(`unknown pointer encoding 0x${encoding.toString(16)}`);
  }
}

/** Steps over a pointer; returns where it stands. */
export function skipPointer(cursor: Cursor, encoding: number): number {
  const start = cursor.offset;
  readUnsigned(cursor, encoding);
  return start;
}
