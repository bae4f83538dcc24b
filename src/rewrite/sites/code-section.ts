import {
  SHF,
  SHT,
  STB,
  STT,
  relocationsByOffset,
  type ElfFile,
  type RelocationAt,
  type Section,
} from '../../elf/index.js';
import { CodeTable } from '../../x86/index.js';

/** A function as a symbol describes it. */
export interface FunctionRange {
  readonly name: string;
  /** First byte, and the byte behind the last; where the symbol has no size, where the next function or the end of the section is. */
  readonly start: number;
  readonly end: number;
}

/** An executable section of an object, decoded. */
export interface CodeSection {
  readonly section: Section;
  /** Its bytes from the first to the last as instructions, be they code or not. */
  readonly table: CodeTable;
  /** By the offset they apply to. */
  readonly relocations: ReadonlyMap<number, RelocationAt>;
  /** In the order of their starts. */
  readonly functions: readonly FunctionRange[];
}

/** The bytes of `syscall` as a string: the fastest way to look for them. */
const SYSCALL_BYTES = '\x0f\x05';

/** Whether an executable section holds the bytes of `syscall`. Looks at bytes only: whoever asks this need not load the decoder yet. */
export function mayMakeSyscalls(elf: ElfFile): boolean {
  const { bytes } = elf;
  return elf.sections.some(
    (section) =>
      isCode(section) &&
      Buffer.from(bytes.buffer, bytes.byteOffset + section.offset, section.size).includes(
        SYSCALL_BYTES,
        0,
        'latin1',
      ),
  );
}

/** The executable sections of an object by section index. */
export function readCodeSections(elf: ElfFile): ReadonlyMap<number, CodeSection> {
  const sections = new Map<number, CodeSection>();
  const functions = functionsBySection(elf);
  for (const section of elf.sections) {
    if (!isCode(section)) continue;
    sections.set(section.index, {
      section,
      table: new CodeTable(section.contents),
      relocations: relocationsByOffset(elf, section),
      functions: functions.get(section.index) ?? [],
    });
  }
  return sections;
}

/** The function that an offset lies in: of several, the one that begins last. */
export function functionAt({ functions }: CodeSection, offset: number): FunctionRange | undefined {
  return functions.findLast(({ start, end }) => start <= offset && offset < end);
}

function isCode(section: Section): boolean {
  return (
    section.type === SHT.PROGBITS && section.isAllocated && section.has(SHF.EXECINSTR) && section.size > 0
  );
}

function functionsBySection(elf: ElfFile): Map<number, FunctionRange[]> {
  const named = new Map<number, Map<number, { name: string; size: number; rank: number }>>();
  const { symbols } = elf;
  for (let i = 1; symbols !== undefined && i < symbols.length; i++) {
    const type = symbols.type(i);
    const section = symbols.sectionIndex(i);
    if (section === undefined || (type !== STT.FUNC && type !== STT.GNU_IFUNC)) continue;
    const name = symbols.name(i);
    const start = symbols.valueNumber(i);
    // Of many names of a function, the plainest: `read` and not __libc_read.
    const rank = name.length + (symbols.binding(i) === STB.LOCAL ? 1000 : 0);
    const inSection = named.get(section) ?? new Map<number, { name: string; size: number; rank: number }>();
    named.set(section, inSection);
    const old = inSection.get(start);
    if (old === undefined || rank < old.rank) inSection.set(start, { name, size: symbols.size(i), rank });
  }
  return new Map(
    [...named].map(([section, byStart]) => [section, ranges(elf.section(section).size, byStart)]),
  );
}

function ranges(size: number, byStart: ReadonlyMap<number, { name: string; size: number }>): FunctionRange[] {
  const sorted = [...byStart].sort(([a], [b]) => a - b);
  return sorted.map(([start, { name, size: own }], i) => ({
    name,
    start,
    end: own > 0 ? start + own : (sorted[i + 1]?.[0] ?? size),
  }));
}
