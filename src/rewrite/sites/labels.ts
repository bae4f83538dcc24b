import { STT, type ElfFile, type SectionOffset } from '../../elf/index.js';
import type { CodeSection } from './code-section.js';
import type { DistanceWord, References } from './references.js';

/** A word that may be an entry of a jump table whose start is not known. */
interface TableEntry {
  /** Offset it would lead to if the distance were from the word itself. */
  readonly offset: number;
  /** Offset of the word in its own section. */
  readonly at: number;
  /** Bytes of such words that stand in front of it: the table may begin at any of them. */
  readonly before: number;
  /** Other places in that section that distances may be from: those whose address code takes. */
  readonly bases: ReadonlySet<number>;
}

/** An address of a place in the section, and where in the same section it is taken, if it is there. */
interface Base {
  readonly at: number | undefined;
  readonly place: number;
}

/** Where code of one section may be entered other than from the instruction before. */
export class Labels {
  readonly #places = new Set<number>();
  readonly #marks = new Set<number>();
  readonly #landingPads = new Set<number>();
  readonly #entries: TableEntry[] = [];
  readonly #bases: Base[] = [];

  add(offset: number): void {
    this.#places.add(offset);
  }
  /** A label with a name, or one whose address is taken. */
  addMark(offset: number): void {
    this.#places.add(offset);
    this.#marks.add(offset);
  }
  addLandingPad(offset: number): void {
    this.#landingPads.add(offset);
  }
  addEntry(entry: TableEntry): void {
    this.#entries.push(entry);
  }

  addBase(base: Base): void {
    this.#bases.push(base);
  }

  has(offset: number): boolean {
    return this.#places.has(offset);
  }

  isMarked(offset: number): boolean {
    return this.#marks.has(offset);
  }

  hasLandingPad(offset: number): boolean {
    return this.#landingPads.has(offset);
  }

  /**
   * Whether code from `start` up to `end` may compute where it jumps: it has the address of code to add a distance to. Such a distance is a
   * constant (`&&b - &&a` in GNU C) and shows nowhere.
   */
  mayComputeTargets(start: number, end: number): boolean {
    const isInside = (offset: number): boolean => start <= offset && offset < end;
    return this.#bases.some(({ at, place }) => isInside(place) || (at !== undefined && isInside(at)));
  }

  /** Whether a jump table may lead to this instruction, wherever the table begins. */
  mayBeInTable(instruction: number): boolean {
    return this.#entries.some(({ offset, at, before, bases }) => {
      const distance = offset - instruction;
      return (distance >= 0 && distance <= before && distance % 4 === 0) || bases.has(at - distance);
    });
  }
}

/** The labels of every executable section but for landing pads, which the unwind tables tell. */
export function collectLabels(
  elf: ElfFile,
  code: ReadonlyMap<number, CodeSection>,
  references: References,
): ReadonlyMap<number, Labels> {
  const labels = new Map([...code.keys()].map((section) => [section, new Labels()]));
  for (const { section, offset } of references.branches) labels.get(section)?.add(offset);
  for (const { at, place } of references.addresses) {
    labels.get(place.section)?.addMark(place.offset);
    labels
      .get(place.section)
      ?.addBase({ at: at.section === place.section ? at.offset : undefined, place: place.offset });
  }
  for (const { at, place, before } of runs(references.distances)) {
    const bases = references.dataBases.get(at.section) ?? new Set();
    labels.get(place.section)?.addEntry({ offset: place.offset, at: at.offset, before, bases });
  }
  const { symbols } = elf;
  for (let i = 1; symbols !== undefined && i < symbols.length; i++) {
    const section = symbols.sectionIndex(i);
    if (section === undefined || symbols.type(i) === STT.SECTION || symbols.type(i) === STT.TLS) continue;
    labels.get(section)?.addMark(symbols.valueNumber(i));
  }
  return labels;
}

/** Distance words with the bytes of such words that stand without a gap in front of each. */
function* runs(
  distances: readonly DistanceWord[],
): IterableIterator<DistanceWord & { readonly before: number }> {
  const sorted = [...distances].sort((a, b) => a.at.section - b.at.section || a.at.offset - b.at.offset);
  let start: SectionOffset | undefined;
  let last: SectionOffset | undefined;
  for (const { at, place } of sorted) {
    const gap = last?.section === at.section ? at.offset - last.offset : Infinity;
    if (start === undefined || gap > 8) start = at;
    last = at;
    yield { at, place, before: at.offset - start.offset };
  }
}
