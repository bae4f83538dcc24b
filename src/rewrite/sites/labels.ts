import { STT, type ElfFile, type SectionOffset } from '../../elf/index.js';
import type { CodeSection } from './code-section.js';
import type { DistanceWord, References } from './references.js';

/** A word that may be an entry of a jump table whose start is not known. */
interface TableEntry {
  /** Offset it would lead to if the distance were from the word itself. */
  readonly offset: number;
  /** Bytes of such words that stand in front of it: the table may begin at any of them. */
  readonly before: number;
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

  /** Whether there is one from `start` up to `end`. */
  hasBetween(start: number, end: number): boolean {
    return someBetween(this.#places, start, end);
  }
  hasLandingPadBetween(start: number, end: number): boolean {
    return someBetween(this.#landingPads, start, end);
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
    return this.#entries.some(({ offset, before }) => {
      const distance = offset - instruction;
      return distance >= 0 && distance <= before && distance % 4 === 0;
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
  for (const { place, before } of runs(references.distances)) {
    labels.get(place.section)?.addEntry({ offset: place.offset, before });
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
): IterableIterator<{ place: SectionOffset; before: number }> {
  const sorted = [...distances].sort((a, b) => a.at.section - b.at.section || a.at.offset - b.at.offset);
  let start: SectionOffset | undefined;
  let last: SectionOffset | undefined;
  for (const { at, place } of sorted) {
    const gap = last?.section === at.section ? at.offset - last.offset : Infinity;
    if (start === undefined || gap > 8) start = at;
    last = at;
    yield { place, before: at.offset - start.offset };
  }
}

function someBetween(places: ReadonlySet<number>, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (places.has(at)) return true;
  return false;
}
