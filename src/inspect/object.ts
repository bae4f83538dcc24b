import {
  R_X86_64,
  SHF,
  SHT,
  readGroups,
  relocationTypeName,
  type ElfFile,
  type Section,
} from '../elf/index.js';
import { TOO_NARROW, isLoaded } from '../inputs/facts.js';
import { findingCounts } from './findings.js';
import type { CodeModel, MemorySizes, ObjectReport, SectionReport } from './report.js';
import { siteCounts } from './sites.js';

/** The letters of readelf's section table, in its order. */
const FLAG_LETTERS: readonly (readonly [number, string])[] = [
  [SHF.WRITE, 'W'],
  [SHF.ALLOC, 'A'],
  [SHF.EXECINSTR, 'X'],
  [SHF.MERGE, 'M'],
  [SHF.STRINGS, 'S'],
  [SHF.INFO_LINK, 'I'],
  [SHF.LINK_ORDER, 'L'],
  [SHF.OS_NONCONFORMING, 'O'],
  [SHF.GROUP, 'G'],
  [SHF.TLS, 'T'],
  [SHF.COMPRESSED, 'C'],
  [SHF.GNU_RETAIN, 'R'],
  [SHF.X86_64_LARGE, 'l'],
  [SHF.EXCLUDE, 'E'],
];

/** Everything about a relocatable object. */
export function objectReport(elf: ElfFile): ObjectReport {
  return {
    kind: 'object',
    memory: sectionSizes(elf),
    codeModel: codeModelOf(elf),
    relocations: relocationCounts(elf),
    symbols: symbolCounts(elf),
    groups: readGroups(elf).filter(({ isComdat }) => isComdat).length,
    sites: siteCounts(elf),
    findings: findingCounts(elf),
    sections: elf.sections
      .filter(({ type }) => type !== SHT.NULL)
      .map((section) => sectionReport(elf, section)),
  };
}

/** Sections with code that take part in a link. */
export function executableSections(elf: ElfFile): Section[] {
  return elf.sections.filter((section) => section.isAllocated && section.has(SHF.EXECINSTR));
}

/** Memory of the sections of an object or program, as `size` counts it. */
export function sectionSizes(elf: ElfFile): MemorySizes {
  const sizes = { text: 0, data: 0, bss: 0 };
  for (const section of elf.sections) {
    if (!section.isAllocated) continue;
    sizes[section.type === SHT.NOBITS ? 'bss' : section.has(SHF.WRITE) ? 'data' : 'text'] += section.size;
  }
  return sizes;
}

/** See CodeModel. The worst relocation decides; data may hold 64-bit addresses in every model. */
export function codeModelOf(elf: ElfFile): CodeModel {
  let model: CodeModel = 'position-independent';
  for (const table of elf.relocationTables()) {
    if (!isLoaded(elf, table)) continue;
    const inCode = elf.section(table.targetIndex).has(SHF.EXECINSTR);
    for (let i = 0; i < table.length; i++) {
      const type = table.type(i);
      if (TOO_NARROW.has(type)) return 'low 2 GiB';
      if (type === R_X86_64['32S']) model = 'top 2 GiB';
      else if (model === 'position-independent' && inCode && LARGE.has(type)) model = 'large';
    }
  }
  return model;
}

const LARGE: ReadonlySet<number> = new Set([
  R_X86_64[64],
  R_X86_64.GOTPC64,
  R_X86_64.GOTOFF64,
  R_X86_64.PLTOFF64,
]);

function relocationCounts(elf: ElfFile): Record<string, number> {
  const counts = new Map<number, number>();
  for (const table of elf.relocationTables()) {
    if (!isLoaded(elf, table)) continue;
    for (let i = 0; i < table.length; i++) counts.set(table.type(i), (counts.get(table.type(i)) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return Object.fromEntries(
    sorted.map(([type, count]) => [relocationTypeName(type) ?? `type ${type}`, count]),
  );
}

function symbolCounts({ symbols }: ElfFile): ObjectReport['symbols'] {
  const counts = { local: 0, global: 0, undefined: 0 };
  // Symbol 0 is no symbol.
  for (let i = 1; i < (symbols?.length ?? 0); i++) {
    if (symbols?.isUndefined(i)) counts.undefined++;
    else if (symbols?.isLocal(i)) counts.local++;
    else counts.global++;
  }
  return counts;
}

function sectionReport(elf: ElfFile, section: Section): SectionReport {
  const { name, offset, size, align } = section;
  return {
    name,
    type: section.typeName,
    flags: FLAG_LETTERS.filter(([flag]) => section.has(flag))
      .map(([, letter]) => letter)
      .join(''),
    offset,
    size,
    align,
    relocations: elf.relocationsOf(section).reduce((sum, { length }) => sum + length, 0),
  };
}
