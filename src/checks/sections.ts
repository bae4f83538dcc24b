import { NT_GNU, SHF, SHT, notesOfSection, type ElfFile, type Note, type Section } from '../elf/index.js';
import type { Findings } from './finding.js';
import { isCode } from './functions.js';
import { propertyText } from './properties.js';

/** Looks at what sections ask for: writable code, an executable stack, notes. Throws UKL1019 for a damaged note. */
export function checkSections(elf: ElfFile, findings: Findings): void {
  let stackNote: Section | undefined;
  for (const section of elf.sections) {
    if (section.name === '.note.GNU-stack') stackNote ??= section;
    else if (section.type === SHT.NOTE && section.isAllocated) checkNotes(section, findings);
    if (section.isAllocated && section.has(SHF.WRITE) && section.has(SHF.EXECINSTR)) {
      findings.add('writableCode', section, 0);
    }
  }
  const code = elf.sections.find(isCode);
  if (stackNote?.has(SHF.EXECINSTR) === true) findings.add('executableStack', stackNote, 0);
  else if (stackNote === undefined && code !== undefined) findings.add('noStackNote', code, 0);
}

/** Notes of owner "GNU" that libc, linkers and debuggers know. */
const KNOWN_GNU: ReadonlySet<number> = new Set(Object.values(NT_GNU));

function checkNotes(section: Section, findings: Findings): void {
  for (const note of notesOfSection(section)) {
    const { owner, type, offset } = note;
    if (owner === 'UKL') findings.add('reservedNote', section, offset, '', noteName(note));
    else if (owner !== 'GNU' || !KNOWN_GNU.has(type)) {
      findings.add('unknownNote', section, offset, '', noteName(note));
    } else if (type === NT_GNU.PROPERTY_TYPE_0) {
      findings.add('droppedProperty', section, offset, '', propertyText(note.descriptor));
    }
  }
}

function noteName({ owner, type }: Note): string {
  return `owner ${JSON.stringify(owner)}, type ${type}`;
}
