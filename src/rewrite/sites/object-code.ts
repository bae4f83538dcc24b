import type { ElfFile, SectionOffset } from '../../elf/index.js';
import type { ReachedCode } from '../../x86/index.js';
import { functionAt, readCodeSections, type CodeSection } from './code-section.js';
import { ObjectFlow } from './flow.js';
import { Labels, collectLabels } from './labels.js';
import { collectReferences, type References } from './references.js';
import { Unwinding } from './unwinding.js';

/** A section's code with all that the proofs about it rest on. */
export interface ProvenCode extends CodeSection {
  readonly labels: Labels;
  readonly reached: ReachedCode;
}

/** What is known of an object's code: decoded, its labels collected, its control flow followed. */
export class ObjectCode {
  readonly sections: ReadonlyMap<number, ProvenCode>;
  readonly unwinding: Unwinding;

  constructor(elf: ElfFile) {
    const code = readCodeSections(elf);
    const references = collectReferences(elf, code);
    const labels = collectLabels(elf, code, references);
    this.unwinding = new Unwinding(elf);
    const flow = new ObjectFlow(elf, code);
    for (const [section, { functions }] of code) {
      for (const { start } of functions) flow.enter({ section, offset: start });
    }
    for (const { fde } of this.unwinding.fdes) {
      flow.enter(fde.begin);
      for (const { landingPad } of this.unwinding.callSites(fde) ?? []) {
        if (landingPad === undefined) continue;
        flow.enter(landingPad);
        labels.get(landingPad.section)?.addLandingPad(landingPad.offset);
      }
    }
    flow.follow();
    // Jump tables are looked at only if there is a jump that may use one.
    if (flow.hasIndirectJumps) {
      for (const target of tableTargets(code, references)) flow.enter(target);
      flow.follow();
    }
    this.sections = new Map(
      [...code].map(([index, section]) => {
        const own = labels.get(index) ?? new Labels();
        return [index, { ...section, labels: own, reached: flow.reached(index) }];
      }),
    );
  }
}

/** Where jump tables lead: to instructions of functions. */
function* tableTargets(
  code: ReadonlyMap<number, CodeSection>,
  { addresses, distances, dataBases }: References,
): IterableIterator<SectionOffset> {
  const isInstruction = ({ section, offset }: SectionOffset): boolean => {
    const inside = code.get(section);
    return (
      inside !== undefined && functionAt(inside, offset) !== undefined && inside.table.isBoundary(offset)
    );
  };
  for (const { at, place } of addresses) if (!code.has(at.section) && isInstruction(place)) yield place;
  const bases = new Map(
    [...dataBases].map(([section, places]) => [section, [...places].sort((a, b) => a - b)]),
  );
  for (const { at, place } of distances) {
    const base = lastUpTo(bases.get(at.section) ?? [], at.offset);
    if (base === undefined) continue;
    const target = { ...place, offset: place.offset - (at.offset - base) };
    if (isInstruction(target)) yield target;
  }
}

/** The largest of some numbers, which ascend, that is not above a limit. */
function lastUpTo(numbers: readonly number[], limit: number): number | undefined {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? Infinity) <= limit) low = middle + 1;
    else high = middle;
  }
  return numbers[low - 1];
}
