import type { ElfFile } from '../elf-file.js';
import { Cursor } from './cursor.js';
import { DW_EH_PE, readUnsigned, skipPointer } from './encoding.js';
import { relocatedPlace, relocationsByOffset, type SectionOffset } from './object-places.js';

/** A range of code and where an exception thrown in it lands. */
export interface CallSite {
  /** Offset of its first byte from the start of the function, and its size in bytes. */
  readonly start: number;
  readonly size: number;
  /** Place of the landing pad; undefined when there is none, and unwinding goes on. */
  readonly landingPad: SectionOffset | undefined;
}

/**
 * The call-site table of a function's language-specific data, in the form that all personality functions of GCC and LLVM share
 * (gcc/libgcc: unwind-c.c). `begin` is where the function's FDE begins. Throws UKL1027.
 */
export function readCallSites(elf: ElfFile, lsda: SectionOffset, begin: SectionOffset): CallSite[] {
  const section = elf.section(lsda.section);
  const cursor = new Cursor(section.contents, section.place, lsda.offset);
  const padEncoding = cursor.u8();
  const base = padEncoding === DW_EH_PE.omit ? begin : relocatedBase();
  const typeEncoding = cursor.u8();
  if (typeEncoding !== DW_EH_PE.omit) cursor.uleb();
  const encoding = cursor.u8();
  const length = cursor.uleb();
  const table = new Cursor(section.contents, section.place, cursor.offset, cursor.offset + length);
  const sites: CallSite[] = [];
  while (!table.atEnd) {
    const start = readUnsigned(table, encoding);
    const size = readUnsigned(table, encoding);
    const pad = readUnsigned(table, encoding);
    table.skipLeb();
    const landingPad = pad === 0 ? undefined : { section: base.section, offset: base.offset + pad };
    sites.push({ start, size, landingPad });
  }
  return sites;

  /** Landing pads in another section than the function's begin (hot and cold parts) count from a pointer of their own. */
  function relocatedBase(): SectionOffset {
    const relocation = relocationsByOffset(elf, section).get(skipPointer(cursor, padEncoding));
    const place = relocation && relocatedPlace(elf, relocation);
    if (place === undefined) throw cursor.refuse('its landing pads count from an unknown place');
    return place;
  }
}
