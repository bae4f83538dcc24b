import { ET, identify, readElf, type Archive, type ArchiveMember } from '../elf/index.js';
import { UklError } from '../errors/index.js';
import { readThinMember } from '../inputs/thin.js';
import { findingCounts, sumFindings } from './findings.js';
import { codeModelOf, sectionSizes } from './object.js';
import type { ArchiveReport, MemberReport } from './report.js';
import { siteCounts, sumSites } from './sites.js';

/** Everything about an archive. A member that is damaged, or no x86-64 object, is told as such: no link need take it. */
export function archiveReport(file: string, archive: Archive): ArchiveReport {
  const members = archive.members.map((member) => memberReport(file, member));
  const objects = members.filter((member) => member.kind === 'object');
  const sum = (of: (member: (typeof objects)[number]) => number): number =>
    objects.reduce((total, member) => total + of(member), 0);
  return {
    kind: 'archive',
    format: archive.format,
    thin: archive.thin,
    index: archive.symbolIndex()?.length ?? null,
    objects: objects.length,
    memory: {
      text: sum(({ memory }) => memory.text),
      data: sum(({ memory }) => memory.data),
      bss: sum(({ memory }) => memory.bss),
    },
    sites: sumSites(objects.map(({ sites }) => sites)),
    findings: sumFindings(objects.map(({ findings }) => findings)),
    members,
  };
}

function memberReport(file: string, member: ArchiveMember): MemberReport {
  const named = { name: member.name, size: member.size };
  try {
    const bytes = member.archive.thin ? readThinMember(file, member) : member.data;
    if (identify(bytes) !== 'elf') return { ...named, kind: 'other', what: 'not an ELF file' };
    const elf = readElf(bytes, member.origin);
    if (elf.header.type !== ET.REL) return { ...named, kind: 'other', what: 'linked already' };
    return {
      ...named,
      kind: 'object',
      memory: sectionSizes(elf),
      sites: siteCounts(elf),
      findings: findingCounts(elf),
      codeModel: codeModelOf(elf),
    };
  } catch (error) {
    if (!(error instanceof UklError)) throw error;
    return { ...named, kind: 'other', what: error.message };
  }
}
