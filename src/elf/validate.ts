import { elfErrors, type Diagnostic } from '../errors/index.js';
import { isAlignment, u64AsNumber } from './bytes.js';
import {
  DYN_SIZE,
  ET,
  RELA_SIZE,
  REL_SIZE,
  SHF,
  SHT,
  SYMBOL_SIZE,
  SECTION_HEADER_SIZE,
} from './constants.js';
import type { ElfFile } from './elf-file.js';
import type { Section } from './section.js';

/** Size of one entry, for the section types whose contents are a table. */
const ENTRY_SIZE: ReadonlyMap<number, number> = new Map<number, number>([
  [SHT.SYMTAB, SYMBOL_SIZE],
  [SHT.DYNSYM, SYMBOL_SIZE],
  [SHT.RELA, RELA_SIZE],
  [SHT.REL, REL_SIZE],
  [SHT.DYNAMIC, DYN_SIZE],
  [SHT.RELR, 8],
  [SHT.GROUP, 4],
  [SHT.SYMTAB_SHNDX, 4],
  [SHT.GNU_VERSYM, 2],
]);

/** What sh_link must name, for the section types where the gABI or the GNU extensions say so. */
const LINKS_TO: ReadonlyMap<number, readonly number[]> = new Map<number, readonly number[]>([
  [SHT.SYMTAB, [SHT.STRTAB]],
  [SHT.DYNSYM, [SHT.STRTAB]],
  [SHT.DYNAMIC, [SHT.STRTAB]],
  [SHT.GNU_VERDEF, [SHT.STRTAB]],
  [SHT.GNU_VERNEED, [SHT.STRTAB]],
  [SHT.GNU_VERSYM, [SHT.DYNSYM]],
  [SHT.HASH, [SHT.DYNSYM]],
  [SHT.GNU_HASH, [SHT.DYNSYM]],
  [SHT.GROUP, [SHT.SYMTAB]],
  [SHT.SYMTAB_SHNDX, [SHT.SYMTAB]],
  [SHT.RELA, [SHT.SYMTAB, SHT.DYNSYM]],
  [SHT.REL, [SHT.SYMTAB, SHT.DYNSYM]],
]);

/** Every problem of the section and program headers: all that later code takes for granted. Cost: one look at each header. */
export function validateStructure(elf: ElfFile): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const { shnum, shoff } = elf.header;
  const tables = { symtab: 0, dynsym: 0 };
  for (let i = 0; i < shnum; i++) {
    const type = elf.view.getUint32(shoff + i * SECTION_HEADER_SIZE + 4, true);
    if (i === 0 && type !== SHT.NULL) {
      problems.push(elfErrors.badHeader(elf.origin, 'sh_type of section 0', type, '0 (SHT_NULL)'));
    }
    if (i === 0 || type === SHT.NULL || isPlainlySound(elf, i, type)) continue;
    const section = elf.section(i);
    checkExtent(section, problems);
    checkEntries(section, problems);
    checkLink(section, problems);
    checkInfo(section, problems);
    if (type === SHT.SYMTAB && ++tables.symtab === 2) {
      problems.push(elfErrors.duplicateTable(section.place, 'symbol table (SHT_SYMTAB)'));
    }
    if (type === SHT.DYNSYM && ++tables.dynsym === 2) {
      problems.push(elfErrors.duplicateTable(section.place, 'dynamic symbol table (SHT_DYNSYM)'));
    }
  }
  checkNameTable(elf, problems);
  checkSegments(elf, problems);
  return problems;
}

/**
 * Whether a section is of one of the common types and nothing is wrong with its header. A short cut for nearly all sections that there
 * are: what it does not vouch for is looked at in full.
 */
function isPlainlySound({ view, header, bytes }: ElfFile, index: number, type: number): boolean {
  const { shoff, shnum } = header;
  const at = shoff + index * SECTION_HEADER_SIZE;
  const link = view.getUint32(at + 40, true);
  const size = u64AsNumber(view, at + 32);
  if (link >= shnum || !isAlignment(u64AsNumber(view, at + 48))) return false;
  if (type === SHT.NOBITS ? !Number.isSafeInteger(size) : u64AsNumber(view, at + 24) + size > bytes.length) {
    return false;
  }
  if (type === SHT.RELA) {
    const info = view.getUint32(at + 44, true);
    const linked = view.getUint32(shoff + link * SECTION_HEADER_SIZE + 4, true);
    const table = linked === SHT.SYMTAB && size % RELA_SIZE === 0 && u64AsNumber(view, at + 56) === RELA_SIZE;
    return table && info !== 0 && info !== index && info < shnum;
  }
  const holdsBytes = type === SHT.PROGBITS || type === SHT.NOBITS || type === SHT.STRTAB;
  return holdsBytes && (view.getUint32(at + 8, true) & SHF.INFO_LINK) === 0;
}

function checkExtent(section: Section, problems: Diagnostic[]): void {
  const { offset, size, align } = section;
  const have = section.elf.bytes.length;
  if (!section.inFile) {
    if (!Number.isSafeInteger(size)) {
      problems.push(elfErrors.valueTooLarge(section.place, 'sh_size', BigInt(size)));
    }
  } else if (offset + size > have) {
    const there = Math.max(0, have - offset);
    problems.push(elfErrors.truncated(section.place, 'the section', offset, size, there));
  }
  if (!isAlignment(align)) problems.push(elfErrors.badAlignment(section.place, align));
}

function checkEntries(section: Section, problems: Diagnostic[]): void {
  const unit = ENTRY_SIZE.get(section.type);
  if (unit === undefined) return;
  if (section.size % unit !== 0) {
    problems.push(elfErrors.badEntrySize(section.place, 'sh_size', section.size, unit));
  }
  // 0 means "not a table" and is written by some tools; another size would change the layout.
  if (section.entrySize !== unit && section.entrySize !== 0) {
    problems.push(elfErrors.badEntrySize(section.place, 'sh_entsize', section.entrySize, unit));
  }
}

function checkLink(section: Section, problems: Diagnostic[]): void {
  const { elf, link } = section;
  if (link >= elf.header.shnum) {
    problems.push(elfErrors.badSectionIndex(section.place, 'sh_link', link, elf.header.shnum));
    return;
  }
  const target = elf.section(link);
  const wanted = LINKS_TO.get(section.type);
  if (wanted === undefined || wanted.includes(target.type)) return;
  // Relocations without symbols (IRELATIVE in a static program) need no table.
  if (link === 0 && (section.type === SHT.RELA || section.type === SHT.REL)) return;
  const expected = wanted.includes(SHT.STRTAB) ? 'a SHT_STRTAB section' : 'a symbol table';
  problems.push(elfErrors.badSectionLink(section.place, 'sh_link', target.typeName, expected));
}

function checkInfo(section: Section, problems: Diagnostic[]): void {
  const { elf, info, type } = section;
  if (type === SHT.SYMTAB || type === SHT.DYNSYM) {
    const count = Math.floor(section.size / SYMBOL_SIZE);
    if (info > count) problems.push(elfErrors.badSymbolIndex(section.place, 'sh_info', info, count));
  } else if (type === SHT.RELA || type === SHT.REL) {
    if (info >= elf.header.shnum) {
      problems.push(elfErrors.badSectionIndex(section.place, 'sh_info', info, elf.header.shnum));
    } else if (elf.header.type === ET.REL && (info === 0 || info === section.index)) {
      problems.push(
        elfErrors.badSectionLink(
          section.place,
          'sh_info',
          String(info),
          'the section the relocations apply to',
        ),
      );
    }
  } else if (type === SHT.GROUP) {
    const symbols = section.link < elf.header.shnum ? elf.section(section.link) : section;
    const count = Math.floor(symbols.size / SYMBOL_SIZE);
    if (info >= count) problems.push(elfErrors.badSymbolIndex(section.place, 'sh_info', info, count));
  } else if (section.has(SHF.INFO_LINK) && info >= elf.header.shnum) {
    problems.push(elfErrors.badSectionIndex(section.place, 'sh_info', info, elf.header.shnum));
  }
}

function checkNameTable(elf: ElfFile, problems: Diagnostic[]): void {
  const { shoff, shstrndx } = elf.header;
  if (shstrndx === 0) return;
  const type = elf.view.getUint32(shoff + shstrndx * SECTION_HEADER_SIZE + 4, true);
  if (type !== SHT.STRTAB) {
    const { typeName } = elf.section(shstrndx);
    problems.push(elfErrors.badSectionLink(elf.origin, 'e_shstrndx', typeName, 'a SHT_STRTAB section'));
  }
}

function checkSegments(elf: ElfFile, problems: Diagnostic[]): void {
  for (const segment of elf.segments) {
    const { offset, fileSize, memorySize } = segment;
    const have = elf.bytes.length;
    const what = `segment ${segment.index} (${segment.typeName})`;
    if (fileSize > 0 && offset + fileSize > have) {
      const there = Math.max(0, have - offset);
      problems.push(elfErrors.truncated(elf.origin, what, offset, fileSize, there));
    }
    if (!Number.isSafeInteger(memorySize)) {
      problems.push(elfErrors.valueTooLarge(elf.origin, `p_memsz of ${what}`, BigInt(memorySize)));
    }
  }
}
