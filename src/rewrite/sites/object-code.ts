import type { ElfFile } from '../../elf/index.js';
import { ReachedCode } from '../../x86/index.js';
import { functionAt, readCodeSections, type CodeSection } from './code-section.js';
import { collectLabels, type Labels } from './labels.js';
import { collectReferences, relocatedTarget, type References } from './references.js';
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
    const entries = new Map(
      [...code].map(([index, { functions }]) => [index, functions.map(({ start }) => start)]),
    );
    for (const { section, offset } of references.branches) entries.get(section)?.push(offset);
    for (const { fde } of this.unwinding.fdes) {
      entries.get(fde.begin.section)?.push(fde.begin.offset);
      for (const { landingPad } of this.unwinding.callSites(fde) ?? []) {
        if (landingPad === undefined) continue;
        entries.get(landingPad.section)?.push(landingPad.offset);
        labels.get(landingPad.section)?.addLandingPad(landingPad.offset);
      }
    }
    const follow = (section: CodeSection): ReachedCode =>
      followFlow(elf, section, entries.get(section.section.index) ?? []);
    const reached = new Map([...code].map(([index, section]) => [index, follow(section)]));
    // Jump tables are looked at only where a function has a jump that may use one.
    if ([...reached.values()].some(({ indirectJumps }) => indirectJumps.length > 0)) {
      for (const [index, offsets] of tableTargets(code, references)) {
        entries.get(index)?.push(...offsets);
        const section = code.get(index);
        if (section) reached.set(index, follow(section));
      }
    }
    this.sections = new Map([...code].map(([index, section]) => [index, { ...section, ...found(index) }]));

    function found(index: number): { labels: Labels; reached: ReachedCode } {
      const [own, flow] = [labels.get(index), reached.get(index)];
      if (own === undefined || flow === undefined) throw new RangeError(`no code in section ${index}`);
      return { labels: own, reached: flow };
    }
  }
}

function followFlow(elf: ElfFile, code: CodeSection, entries: readonly number[]): ReachedCode {
  const { section, functions } = code;
  const starts = new Set(functions.map(({ start }) => start));
  return new ReachedCode(section.contents, entries, {
    target: (encoded, end) => {
      const relocated = relocatedTarget(elf, code, end);
      if (relocated === undefined) return encoded;
      return relocated.place?.section === section.index ? relocated.place.offset : undefined;
    },
    // A call of something that is no function is a way to learn an address, with data behind the call.
    returns: (target) => target === undefined || starts.has(target),
  });
}

/** Where jump tables lead, by section: to an instruction of a function. */
function tableTargets(
  code: ReadonlyMap<number, CodeSection>,
  { addresses, distances, dataBases }: References,
): Map<number, number[]> {
  const targets = new Map<number, number[]>();
  const add = (section: number, offset: number): void => {
    const inside = code.get(section);
    if (inside === undefined || functionAt(inside, offset) === undefined || !inside.table.isBoundary(offset))
      return;
    const list = targets.get(section);
    if (list === undefined) targets.set(section, [offset]);
    else list.push(offset);
  };
  for (const { at, place } of addresses) if (!code.has(at.section)) add(place.section, place.offset);
  for (const { at, place } of distances) {
    const base = (dataBases.get(at.section) ?? []).reduce(
      (best, b) => (b <= at.offset && b > best ? b : best),
      -1,
    );
    if (base >= 0) add(place.section, place.offset - (at.offset - base));
  }
  return targets;
}
