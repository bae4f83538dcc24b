import {
  R_X86_64,
  SHF,
  relocatedPlace,
  type ElfFile,
  type Section,
  type SectionOffset,
} from '../../elf/index.js';
import { forEachInstruction, iced } from '../../x86/index.js';
import type { CodeSection } from './code-section.js';

/** A word of data that holds the distance to a place in code from somewhere nearby: an entry of a jump table, most often. */
export interface DistanceWord {
  /** Where it stands. */
  readonly at: SectionOffset;
  /** The place, if the distance is from the word itself. From a place `n` bytes before the word, it is `n` bytes before this. */
  readonly place: SectionOffset;
}

/** An address of a place in code, held by an instruction or by a word of data. */
export interface TakenAddress {
  readonly at: SectionOffset;
  readonly place: SectionOffset;
}

/** Everything in an object that names a place in its code. */
export interface References {
  /** Targets of direct branches and calls. */
  readonly branches: readonly SectionOffset[];
  readonly addresses: readonly TakenAddress[];
  readonly distances: readonly DistanceWord[];
  /** Places in data whose address instructions take, by section. */
  readonly dataBases: ReadonlyMap<number, ReadonlySet<number>>;
}

const PC_RELATIVE: ReadonlySet<number> = new Set([
  R_X86_64.PC8,
  R_X86_64.PC16,
  R_X86_64.PC32,
  R_X86_64.PC64,
  R_X86_64.PLT32,
]);

type CodeSections = ReadonlyMap<number, CodeSection>;

/** Collects what names a place in code: branches, %rip-relative operands, relocations of every section that is loaded. */
export function collectReferences(elf: ElfFile, code: CodeSections): References {
  const branches: SectionOffset[] = [];
  const addresses: TakenAddress[] = [];
  const distances: DistanceWord[] = [];
  const dataBases = new Map<number, Set<number>>();

  for (const [section, inside] of code) {
    for (const { index, target } of inside.table.branches) {
      if (!isRelocated(inside, index)) branches.push({ section, offset: target });
    }
    for (const { at, place } of unrelocatedOperands(inside)) {
      addresses.push({ at: { section, offset: at }, place: { section, offset: place } });
    }
  }

  const fromCode = (from: CodeSection, field: number, isRelative: boolean, place: SectionOffset): void => {
    const { table } = from;
    const index = table.indexOf(field);
    const to = { ...place, offset: place.offset + (isRelative ? table.end(index) - field : 0) };
    if (!code.has(place.section)) addTo(dataBases, to.section, to.offset);
    else if (isRelative && isDirectBranch(from, index)) branches.push(to);
    else addresses.push({ at: { section: from.section.index, offset: field }, place: to });
  };
  const fromData = (at: SectionOffset, isRelative: boolean, place: SectionOffset): void => {
    if (!code.has(place.section)) return;
    (isRelative ? distances : addresses).push({ at, place });
  };
  for (const section of elf.sections) {
    if (!namesCode(section)) continue;
    for (const table of elf.relocationsOf(section)) {
      for (let index = 0; index < table.length; index++) {
        const place = relocatedPlace(elf, { table, index });
        if (place === undefined) continue;
        const offset = table.offset(index);
        const isRelative = PC_RELATIVE.has(table.type(index));
        const from = code.get(section.index);
        if (from !== undefined && offset < section.size) fromCode(from, offset, isRelative, place);
        else fromData({ section: section.index, offset }, isRelative, place);
      }
    }
  }
  return { branches, addresses, distances, dataBases };
}

/** Where a direct branch with its end at `end` goes when a relocation says so: the place, or undefined if the object does not have it. */
export function relocatedTarget(
  elf: ElfFile,
  { relocations }: CodeSection,
  end: number,
): { readonly place: SectionOffset | undefined } | undefined {
  const relocation = relocations.get(end - 4) ?? relocations.get(end - 1);
  if (relocation === undefined) return undefined;
  const place = relocatedPlace(elf, relocation);
  const fieldSize = end - relocation.table.offset(relocation.index);
  return { place: place && { ...place, offset: place.offset + fieldSize } };
}

/** .eh_frame and .debug_* say where code is, but nothing goes there by them. */
function namesCode(section: Section): boolean {
  return section.has(SHF.ALLOC) && section.name !== '.eh_frame';
}

function isRelocated({ table, relocations }: CodeSection, index: number): boolean {
  for (let at = table.offset(index); at < table.end(index); at++) if (relocations.has(at)) return true;
  return false;
}

function isDirectBranch({ table }: CodeSection, index: number): boolean {
  const { FlowControl } = iced();
  const flow = table.flow(index);
  return (
    flow === FlowControl.Call ||
    flow === FlowControl.UnconditionalBranch ||
    flow === FlowControl.ConditionalBranch
  );
}

/** %rip-relative operands without a relocation: offsets of their instructions, and the places in the same section that they name. */
function unrelocatedOperands({ section, relocations }: CodeSection): { at: number; place: number }[] {
  const places: { at: number; place: number }[] = [];
  forEachInstruction(section.contents, (instruction, offset) => {
    if (!instruction.isIpRelMemoryOperand) return;
    for (let at = offset; at < offset + instruction.length; at++) if (relocations.has(at)) return;
    places.push({ at: offset, place: Number(BigInt.asIntN(64, instruction.ipRelMemoryAddress)) });
  });
  return places;
}

function addTo<K>(map: Map<K, Set<number>>, key: K, value: number): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}
