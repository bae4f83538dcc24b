import { checkErrors, type CheckName, type Diagnostic } from '../errors/index.js';
import type { Origin, Section } from '../elf/index.js';

/** What a check found in an object: plain data, so that it can be kept beside the facts of a library. */
export interface Finding {
  readonly check: CheckName;
  /** Index and name of the section. */
  readonly sectionIndex: number;
  readonly section: string;
  /** Byte offset within the section: the first place, when there are several. */
  readonly offset: number;
  /** The function or variable that the place lies in, empty when none does. */
  readonly symbol: string;
  /** What differs from one finding of the check to another: an instruction, a relocation type … */
  readonly detail: string;
  /** How many places there are of this check and detail in the symbol. */
  readonly count: number;
}

/** The finding as a diagnostic of the file it was found in. */
export function diagnosticOf(finding: Finding, origin: Origin): Diagnostic {
  const { check, section, offset, symbol, detail, count } = finding;
  const place = { ...origin, section, offset, ...(symbol === '' ? {} : { symbol }) };
  return { ...checkErrors[check](place, detail), count };
}

/** Collects the findings of an object: one for each symbol, however often the same is found in it. */
export class Findings {
  readonly #found = new Map<string, Finding>();

  add(check: CheckName, section: Section, offset: number, symbol = '', detail = '', count = 1): void {
    const key = `${check} ${section.index} ${symbol} ${detail}`;
    const old = this.#found.get(key);
    if (old === undefined) {
      const { index, name } = section;
      this.#found.set(key, { check, sectionIndex: index, section: name, offset, symbol, detail, count });
    } else {
      this.#found.set(key, { ...old, count: old.count + count, offset: Math.min(old.offset, offset) });
    }
  }

  /** In the order of sections and offsets. */
  list(): Finding[] {
    return [...this.#found.values()].sort((a, b) => a.sectionIndex - b.sectionIndex || a.offset - b.offset);
  }
}
