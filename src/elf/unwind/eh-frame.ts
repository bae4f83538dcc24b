import type { ElfFile } from '../elf-file.js';
import type { Section } from '../section.js';
import { Cursor } from './cursor.js';
import { DW_EH_PE, encodedSize, readUnsigned, skipPointer } from './encoding.js';
import {
  relocatedPlace,
  relocationsByOffset,
  type RelocationAt,
  type SectionOffset,
} from './object-places.js';

/** A common information entry: what the descriptions of many functions share. */
export interface Cie {
  /** Offset of its record in .eh_frame. */
  readonly offset: number;
  /** By how much the advances of CFA programs are to be multiplied. */
  readonly codeAlign: number;
  /** DW_EH_PE values. */
  readonly addressEncoding: number;
  readonly lsdaEncoding: number;
  /** Whether its FDEs carry augmentation data (`z`). */
  readonly hasAugmentation: boolean;
  /** Name of the personality function, or of the pointer to it. */
  readonly personality: string | undefined;
}

/** A frame description entry: how to unwind from a range of code. */
export interface Fde {
  readonly cie: Cie;
  /** First byte described, and how many. */
  readonly begin: SectionOffset;
  readonly size: number;
  /** Language-specific data. */
  readonly lsda: SectionOffset | undefined;
  /** The CFA program. */
  readonly program: Uint8Array;
  /** Whether relocations change the program. */
  readonly isRelocated: boolean;
}

/** An object's .eh_frame section. */
export interface EhFrame {
  readonly section: Section;
  readonly fdes: readonly Fde[];
  /** Where records end: at a terminator (a length of 0), or at the end of the section. */
  readonly end: number;
}

/**
 * Reads a .eh_frame section of an object (LSB Core, "The .eh_frame section"). Entries for code that the object does not define are left
 * out. Throws UKL1027.
 */
export function readEhFrame(elf: ElfFile, section: Section): EhFrame {
  const { contents, place } = section;
  const relocations = relocationsByOffset(elf, section);
  const cies = new Map<number, Cie>();
  const fdes: Fde[] = [];
  let at = 0;
  while (at < contents.length) {
    const head = new Cursor(contents, place, at);
    const length = head.u32();
    if (length === 0) {
      if (contents.subarray(at).some((byte) => byte !== 0)) throw head.refuse('records behind its end');
      break;
    }
    if (length === 0xffff_ffff) throw head.refuse('64-bit records');
    const end = head.offset + length;
    const idOffset = head.offset;
    const id = head.u32();
    const body = new Cursor(contents, place, head.offset, end);
    if (id === 0) {
      cies.set(at, readCie({ elf, relocations }, body, at));
    } else {
      const cie = cies.get(idOffset - id);
      if (cie === undefined) throw head.refuse('a record belongs to none before it');
      const fde = readFde({ elf, relocations }, body, cie);
      if (fde !== undefined) fdes.push(fde);
    }
    at = end;
  }
  return { section, fdes, end: at };
}

interface Context {
  readonly elf: ElfFile;
  readonly relocations: ReadonlyMap<number, RelocationAt>;
}

function readCie({ elf, relocations }: Context, cursor: Cursor, offset: number): Cie {
  const version = cursor.u8();
  if (version !== 1 && version !== 3) throw cursor.refuse(`version ${version}`);
  const augmentation = cursor.string();
  const hasAugmentation = augmentation.startsWith('z');
  if (augmentation !== '' && !hasAugmentation) throw cursor.refuse(`augmentation '${augmentation}'`);
  const codeAlign = cursor.uleb();
  cursor.skipLeb();
  if (version === 1) cursor.u8();
  else cursor.skipLeb();
  let addressEncoding: number = DW_EH_PE.absptr;
  let lsdaEncoding: number = DW_EH_PE.omit;
  let personality: string | undefined;
  if (hasAugmentation) cursor.uleb();
  for (const letter of augmentation.slice(1)) {
    switch (letter) {
      case 'R':
        addressEncoding = cursor.u8();
        break;
      case 'L':
        lsdaEncoding = cursor.u8();
        break;
      case 'P': {
        const relocation = relocations.get(skipPointer(cursor, cursor.u8()));
        if (relocation) personality = elf.symbols?.name(relocation.table.symbol(relocation.index));
        break;
      }
      case 'S':
        break;
      default:
        throw cursor.refuse(`augmentation '${augmentation}'`);
    }
  }
  return { offset, codeAlign, addressEncoding, lsdaEncoding, hasAugmentation, personality };
}

function readFde({ elf, relocations }: Context, cursor: Cursor, cie: Cie): Fde | undefined {
  const place = (offset: number): SectionOffset | undefined => {
    const relocation = relocations.get(offset);
    return relocation && relocatedPlace(elf, relocation);
  };
  const begin = place(skipPointer(cursor, cie.addressEncoding));
  const size = readUnsigned(cursor, cie.addressEncoding);
  let lsda: SectionOffset | undefined;
  if (cie.hasAugmentation) {
    const length = cursor.uleb();
    const data = cursor.offset;
    cursor.skip(length);
    const pointer = encodedSize(cie.lsdaEncoding);
    if (cie.lsdaEncoding !== DW_EH_PE.omit && pointer !== undefined && length >= pointer) lsda = place(data);
  }
  const programStart = cursor.offset;
  const program = cursor.bytes(cursor.end - programStart);
  const isRelocated = program.some((_, i) => relocations.has(programStart + i));
  return begin && { cie, begin, size, lsda, program, isRelocated };
}
