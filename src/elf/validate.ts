import { elfErrors, type Diagnostic } from '../errors/index.js';
import { isAlignment } from './bytes.js';
import { DYN_SIZE, ET, RELA_SIZE, REL_SIZE, SHF, SHT, SYMBOL_SIZE } from './constants.js';
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
  const [first] = elf.sections;
  if (first !== undefined && first.type !== SHT.NULL) {
    problems.push(elfErrors.badHeader(elf.origin, 'sh_type of section 0', first.type, '0 (SHT_NULL)'));
  }
  for (const section of elf.sections) {
    if (section.index === 0 || section.type === SHT.NULL) continue;
    checkExtent(section, problems);
    checkEntries(section, problems);
    checkLink(section, problems);
    checkInfo(section, problems);
  }
  checkNameTable(elf, problems);
  checkUnique(elf, problems);
  checkSegments(elf, problems);
  return problems;
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
  const target = elf.sections[link];
  if (target === undefined) {
    problems.push(elfErrors.badSectionIndex(section.place, 'sh_link', link, elf.sections.length));
    return;
  }
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
    const target = elf.sections[info];
    if (target === undefined) {
      problems.push(elfErrors.badSectionIndex(section.place, 'sh_info', info, elf.sections.length));
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
    const symbols = elf.sections[section.link];
    const count = Math.floor((symbols?.size ?? 0) / SYMBOL_SIZE);
    if (info >= count) problems.push(elfErrors.badSymbolIndex(section.place, 'sh_info', info, count));
  } else if (section.has(SHF.INFO_LINK) && info >= elf.sections.length) {
    problems.push(elfErrors.badSectionIndex(section.place, 'sh_info', info, elf.sections.length));
  }
}

function checkNameTable(elf: ElfFile, problems: Diagnostic[]): void {
  const { shstrndx } = elf.header;
  const names = elf.sections[shstrndx];
  if (shstrndx !== 0 && names?.type !== SHT.STRTAB) {
    const found = names?.typeName ?? 'nothing';
    problems.push(elfErrors.badSectionLink(elf.origin, 'e_shstrndx', found, 'a SHT_STRTAB section'));
  }
}

function checkUnique(elf: ElfFile, problems: Diagnostic[]): void {
  for (const [type, what] of [
    [SHT.SYMTAB, 'symbol table (SHT_SYMTAB)'],
    [SHT.DYNSYM, 'dynamic symbol table (SHT_DYNSYM)'],
  ] as const) {
    const second = elf.sections.filter((s) => s.type === type)[1];
    if (second !== undefined) problems.push(elfErrors.duplicateTable(second.place, what));
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
