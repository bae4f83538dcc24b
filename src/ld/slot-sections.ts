import { SECTION_HEADER_SIZE, SHF, SHT, SYMBOL_SIZE, type ElfFile } from '../elf/index.js';
import { alignUp, viewOf } from '../elf/bytes.js';
import { ST_VALUE, slotSymbols, type SymbolBytes } from './slot-symbols.js';

/** What follows a program's segments in the slot, for those who read it there: debuggers, perf, the kernel's own stack traces. */
export interface SlotSections {
  /** `.symtab`, `.strtab`, `.shstrtab`, then the section headers, which end it. */
  readonly bytes: Uint8Array;
  /** Offsets in `bytes` of 64-bit words that hold addresses: sh_addr and st_value. */
  readonly addressWords: Uint32Array;
  /** e_shoff, from the slot's start. */
  readonly shoff: number;
  readonly shnum: number;
  readonly shstrndx: number;
}

/** A section header, all that is not zero of it. */
interface Header {
  readonly name: string;
  readonly type: number;
  readonly flags?: number;
  readonly address?: bigint;
  readonly offset: number;
  readonly size: number;
  readonly link?: number;
  readonly info?: number;
  readonly align: number;
  readonly entrySize?: number;
}

/** Bytes that grow by pieces; each says where it came to lie. */
class Pieces {
  readonly #pieces: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  #end = 0;

  add(bytes: Uint8Array, align = 1): number {
    const at = alignUp(this.#end, align);
    this.#pieces.push({ at, bytes });
    this.#end = at + bytes.length;
    return at;
  }

  join(): Uint8Array {
    const joined = new Uint8Array(this.#end);
    for (const { at, bytes } of this.#pieces) joined.set(bytes, at);
    return joined;
  }
}

/**
 * Makes section headers of the sections that ld has placed, and a symbol table, so that the slot's bytes are a complete ELF file.
 * Offsets count from the slot's start, where the file starts.
 *
 * @param base - address of the slot's start
 * @param start - where the result goes, from the slot's start; a multiple of 8
 * @param symbols - the names of what is at an address; without: section headers alone
 */
export function slotSections(
  elf: ElfFile,
  base: bigint,
  start: number,
  symbols: SymbolBytes | undefined,
): SlotSections {
  const allocated = elf.sections.filter((section) => section.isAllocated);
  const newIndex = new Uint16Array(elf.sections.length);
  for (const [i, section] of allocated.entries()) newIndex[section.index] = i + 1;

  const pieces = new Pieces();
  const added: Header[] = [];
  let symbolCount = 0;
  if (symbols !== undefined) {
    const table = slotSymbols(symbols, base, newIndex);
    symbolCount = table.length / SYMBOL_SIZE;
    const symtab = allocated.length + 1;
    if (elf.symbols !== undefined) newIndex[elf.symbols.section.index] = symtab;
    const placed = {
      offset: start + pieces.add(table),
      size: table.length,
      align: 8,
      entrySize: SYMBOL_SIZE,
    };
    added.push({ name: '.symtab', type: SHT.SYMTAB, ...placed, link: symtab + 1, info: symbolCount });
    const { strings } = symbols;
    const offset = start + pieces.add(strings);
    added.push({ name: '.strtab', type: SHT.STRTAB, offset, size: strings.length, align: 1 });
  }

  const headers: Header[] = allocated.map((section) => ({
    name: section.name,
    type: section.type,
    flags: section.flags,
    address: section.address,
    offset: Number(section.address - base),
    size: section.size,
    link: newIndex[section.link] ?? 0,
    info: section.has(SHF.INFO_LINK) ? (newIndex[section.info] ?? 0) : section.info,
    align: section.align,
    entrySize: section.entrySize,
  }));
  headers.push(...added);
  const { names, bytes: nameBytes } = nameTable([...headers.map(({ name }) => name), '.shstrtab']);
  const nameOffset = start + pieces.add(nameBytes);
  headers.push({
    ...{ name: '.shstrtab', type: SHT.STRTAB },
    ...{ offset: nameOffset, size: nameBytes.length, align: 1 },
  });

  const table = new Uint8Array((headers.length + 1) * SECTION_HEADER_SIZE);
  for (const [i, header] of headers.entries())
    writeSectionHeader(viewOf(table.subarray((i + 1) * SECTION_HEADER_SIZE)), header, names[i] ?? 0);
  const tableAt = pieces.add(table, 8);

  const addressWords = new Uint32Array(Math.max(0, symbolCount - 1) + allocated.length);
  let words = 0;
  for (let i = 1; i < symbolCount; i++) addressWords[words++] = i * SYMBOL_SIZE + ST_VALUE;
  for (let i = 1; i <= allocated.length; i++)
    addressWords[words++] = tableAt + i * SECTION_HEADER_SIZE + SH_ADDR;
  return {
    bytes: pieces.join(),
    addressWords,
    shoff: start + tableAt,
    shnum: headers.length + 1,
    shstrndx: headers.length,
  };
}

/** A string table of these names, and where each is in it. */
function nameTable(list: readonly string[]): { names: number[]; bytes: Uint8Array } {
  const names: number[] = [];
  let text = '\0';
  for (const name of list) {
    names.push(text.length);
    text += `${name}\0`;
  }
  return { names, bytes: Buffer.from(text, 'latin1') };
}

/** Byte offset of sh_addr. */
const SH_ADDR = 16;

function writeSectionHeader(view: DataView, header: Header, name: number): void {
  const { type, flags = 0, address = 0n, offset, size, link = 0, info = 0, align, entrySize = 0 } = header;
  view.setUint32(0, name, true);
  view.setUint32(4, type, true);
  for (const [at, value] of [
    [8, BigInt(flags)],
    [SH_ADDR, address],
    [24, BigInt(offset)],
    [32, BigInt(size)],
    [48, BigInt(align)],
    [56, BigInt(entrySize)],
  ] as const)
    view.setBigUint64(at, value, true);
  view.setUint32(40, link, true);
  view.setUint32(44, info, true);
}
