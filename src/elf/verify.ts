import { UklError, elfErrors, type Diagnostic } from '../errors/index.js';
import { compressionOf } from './compression.js';
import { ET, SHT } from './constants.js';
import { readDynamic } from './dynamic.js';
import type { ElfFile } from './elf-file.js';
import { readGroups } from './groups.js';
import { notesOfSection } from './notes.js';
import type { RelocationTable } from './relocation-table.js';
import { relocationFieldSize } from './relocation-types.js';
import type { Section } from './section.js';
import type { SymbolTable } from './symbol-table.js';
import { readVersions } from './versions.js';

/**
 * Looks at everything that `readElf` leaves for later (names, symbols, relocations, groups, notes, versions, the dynamic section)
 * and returns every problem. After an empty result no accessor of the file throws for an index within its table.
 */
export function verifyElf(elf: ElfFile): Diagnostic[] {
  const problems: Diagnostic[] = [];
  /** Runs one reader; its problems join the list. */
  const attempt = (read: () => void): void => {
    try {
      read();
    } catch (error) {
      if (!(error instanceof UklError)) throw error;
      problems.push(...error.diagnostics);
    }
  };
  for (const section of elf.sections) {
    attempt(() => section.name);
    if (section.type === SHT.NOTE) attempt(() => notesOfSection(section));
  }
  attempt(() => {
    for (const table of [elf.symbols, elf.dynamicSymbols]) {
      if (table !== undefined) verifySymbols(elf, table, attempt, problems);
    }
  });
  for (const table of elf.relocationTables()) verifyRelocations(elf, table, attempt, problems);
  attempt(() => readGroups(elf));
  attempt(() => readVersions(elf));
  attempt(() => {
    const dynamic = readDynamic(elf);
    void [dynamic?.needed, dynamic?.soname];
  });
  return problems;
}

function verifySymbols(
  elf: ElfFile,
  table: SymbolTable,
  attempt: (read: () => void) => void,
  problems: Diagnostic[],
): void {
  for (let i = 0; i < table.length; i++) {
    attempt(() => {
      table.strings.endOf(table.nameOffset(i));
      table.size(i);
      const section = table.sectionIndex(i);
      if (section !== undefined && section >= elf.sections.length) {
        problems.push(elfErrors.badSectionIndex(table.place, `symbol ${i}`, section, elf.sections.length));
      }
    });
  }
}

function verifyRelocations(
  elf: ElfFile,
  table: RelocationTable,
  attempt: (read: () => void) => void,
  problems: Diagnostic[],
): void {
  const place = table.section.place;
  const symbolCount = symbolCountOf(elf, table);
  let targetSize: number | undefined;
  if (elf.header.type === ET.REL) attempt(() => (targetSize = unpackedSize(elf.section(table.targetIndex))));
  for (let i = 0; i < table.length; i++) {
    attempt(() => {
      table.typeName(i);
      const symbol = table.symbol(i);
      if (symbol !== 0 && symbol >= symbolCount) {
        problems.push(elfErrors.badSymbolIndex(place, `relocation ${i}`, symbol, symbolCount));
      }
      const width = relocationFieldSize(table.type(i)) ?? 0;
      if (targetSize !== undefined && table.offset(i) + width > targetSize) {
        problems.push(elfErrors.badRelocationOffset(place, table.address(i), targetSize));
      }
    });
  }
}

/** Relocations of a compressed section apply to what it holds when unpacked. */
function unpackedSize(section: Section): number {
  return compressionOf(section)?.size ?? section.size;
}

function symbolCountOf(elf: ElfFile, table: RelocationTable): number {
  const type = elf.section(table.section.link).type;
  if (type === SHT.SYMTAB) return elf.symbols?.length ?? 0;
  if (type === SHT.DYNSYM) return elf.dynamicSymbols?.length ?? 0;
  return 0;
}
