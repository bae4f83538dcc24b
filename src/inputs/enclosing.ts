import { STT, type ElfFile } from '../elf/index.js';

/** The function of this object that covers an offset of one of its sections. For error messages: looks at every symbol. */
export function functionAt(elf: ElfFile, section: number, offset: number): string | undefined {
  const { symbols } = elf;
  if (symbols === undefined) return undefined;
  for (let i = 1; i < symbols.length; i++) {
    if (symbols.type(i) !== STT.FUNC || symbols.sectionIndex(i) !== section) continue;
    const start = symbols.valueNumber(i);
    if (offset >= start && offset < start + symbols.size(i)) return symbols.name(i);
  }
  return undefined;
}
