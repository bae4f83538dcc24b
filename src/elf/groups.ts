import { UklError, elfErrors } from '../errors/index.js';
import { viewOf } from './bytes.js';
import { GRP_COMDAT, SHT, STT } from './constants.js';
import type { ElfFile } from './elf-file.js';
import type { Section } from './section.js';

/** A section group (gABI, "Section Groups"): sections that are linked or dropped together. */
export interface SectionGroup {
  /** The SHT_GROUP section. */
  readonly section: Section;
  /** Whether groups of the same signature are duplicates of each other (GRP_COMDAT). */
  readonly isComdat: boolean;
  /** Index of the symbol whose name is the signature, and that name. */
  readonly signatureSymbol: number;
  readonly signature: string;
  /** Indexes of the member sections. */
  readonly members: readonly number[];
}

/** All section groups of a file. Throws UKL1018 for a group without flags, or one whose members are not sections. */
export function readGroups(elf: ElfFile): SectionGroup[] {
  return elf.sections.filter((s) => s.type === SHT.GROUP).map((s) => readGroup(elf, s));
}

function readGroup(elf: ElfFile, section: Section): SectionGroup {
  const words = viewOf(section.contents);
  const bad = (why: string): UklError => new UklError(elfErrors.badGroup(section.place, why));
  if (words.byteLength < 4) throw bad('it has no flag word');
  const members: number[] = [];
  for (let at = 4; at + 4 <= words.byteLength; at += 4) {
    const member = words.getUint32(at, true);
    if (member === 0 || member >= elf.sections.length || member === section.index) {
      throw bad(`its member ${member} is not one of the ${elf.sections.length} sections`);
    }
    members.push(member);
  }
  return {
    section,
    isComdat: (words.getUint32(0, true) & GRP_COMDAT) !== 0,
    signatureSymbol: section.info,
    signature: signatureName(elf, section.info),
    members,
  };
}

/** The symbol's name; old assemblers use a section symbol, whose name is its section's. */
function signatureName(elf: ElfFile, symbol: number): string {
  const { symbols } = elf;
  if (symbols === undefined) return '';
  const name = symbols.name(symbol);
  if (name !== '' || symbols.type(symbol) !== STT.SECTION) return name;
  return elf.section(symbols.sectionIndex(symbol) ?? 0).name;
}
