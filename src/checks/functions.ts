import { ET, SHF, SHT, STB, STT, type ElfFile, type Section, type SymbolTable } from '../elf/index.js';

/** Code that a symbol says is code. */
export interface FunctionRange {
  readonly name: string;
  /** Byte offsets within the section. */
  readonly start: number;
  readonly end: number;
  /** Whether the symbol says where it ends. Else it ends with its last instruction, before `end`. */
  readonly sized: boolean;
}

/** The executable sections of an object or a linked file, each with its functions in the order of their offsets. */
export function* functionsOf(
  elf: ElfFile,
): IterableIterator<{ readonly section: Section; readonly functions: readonly FunctionRange[] }> {
  const { symbols } = elf;
  const code = elf.sections.filter(isCode);
  if (symbols === undefined || code.length === 0) return;
  const isLinked = elf.header.type !== ET.REL;
  const bySection = new Map<number, Candidate[]>(code.map(({ index }) => [index, []]));
  for (let i = 1; i < symbols.length; i++) {
    if (!namesCode(symbols, i)) continue;
    const section = symbols.sectionIndex(i) ?? 0;
    const list = bySection.get(section);
    if (list === undefined) continue;
    // An address in a linked file; in an object an offset already, and sh_addr counts for nothing.
    const start = symbols.valueNumber(i) - (isLinked ? Number(elf.section(section).address) : 0);
    if (start >= 0) list.push({ index: i, start, size: symbols.size(i) });
  }
  for (const section of code) {
    const functions = rangesOf(section, bySection.get(section.index) ?? [], symbols);
    if (functions.length > 0) yield { section, functions };
  }
}

export function isCode(section: Section): boolean {
  return (
    section.type === SHT.PROGBITS && section.isAllocated && section.has(SHF.EXECINSTR) && section.size > 0
  );
}

interface Candidate {
  readonly index: number;
  readonly start: number;
  readonly size: number;
}

/** A function, or a global label of assembler that does not say what it is. */
function namesCode(symbols: SymbolTable, index: number): boolean {
  const type = symbols.type(index);
  if (type === STT.FUNC || type === STT.GNU_IFUNC) return true;
  return type === STT.NOTYPE && !symbols.isLocal(index);
}

/** Bindings, the weakest first; a symbol of another one names a function last. */
const STRENGTH: readonly number[] = [STB.LOCAL, STB.WEAK, STB.GLOBAL];

/** Aliases are one function, named by the strongest symbol; what lies within an earlier function belongs to that one. */
function rangesOf(section: Section, candidates: Candidate[], symbols: SymbolTable): FunctionRange[] {
  const strength = ({ index }: Candidate): number => STRENGTH.indexOf(symbols.binding(index));
  candidates.sort(
    (a, b) => a.start - b.start || b.size - a.size || strength(b) - strength(a) || a.index - b.index,
  );
  const ranges: FunctionRange[] = [];
  let covered = 0;
  for (const [i, { index, start, size }] of candidates.entries()) {
    if (start < covered || start >= section.size) continue;
    const end = size === 0 ? startBehind(candidates, i) : start + size;
    ranges.push({ name: symbols.name(index), start, end: Math.min(end, section.size), sized: size !== 0 });
    covered = end;
  }
  return ranges;
}

/** Offset of the first function that begins behind this one. */
function startBehind(candidates: readonly Candidate[], position: number): number {
  const start = candidates[position]?.start ?? 0;
  for (let i = position + 1; i < candidates.length; i++) {
    const next = candidates[i]?.start ?? 0;
    if (next > start) return next;
  }
  return Infinity;
}
