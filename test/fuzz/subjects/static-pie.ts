import { PT, readElf, verifyElf, type ElfFile } from '../../../src/elf/index.js';
import { planSlot } from '../../../src/image/graft.js';
import { kindOfLinked } from '../../../src/inputs/linkable.js';
import { layOutStaticPie } from '../../../src/ld/index.js';
import { findingsOfExecutable } from '../../../src/checks/index.js';
import { executableSites } from '../../../src/report/index.js';
import type { Findings } from '../findings.js';
import { byteMutations } from '../mutations/bytes.js';
import { elfMutations } from '../mutations/elf.js';
import type { Subject } from '../subject.js';

/** Small, so that a lie about a size shows as one. */
const SLOT = { vaddr: 0xffff_ffff_8200_0000n, paddr: 0x200_0000, size: 2 << 20 };

/** Finished executables that go into the slot as they are (src/ld/static-pie.ts). */
export function staticPieSubject(seeds: ReadonlyMap<string, Uint8Array>): Subject {
  return {
    name: 'static PIEs',
    share: 2,
    seeds: new Map([...seeds].filter(([name]) => name === 'static-pie')),
    mutations: [...byteMutations, ...elfMutations],
    // What is laid out may be as large as the slot; it is copied into the payload once more.
    allowance: 3 * SLOT.size,
    exercise: exerciseStaticPie,
  };
}

/** An executable that is taken lies in the slot as its headers say, and the image takes it. */
function exerciseStaticPie(bytes: Uint8Array, findings: Findings): void {
  const elf = findings.attempt(() => readElf(bytes, { file: 'fuzz' }));
  if (elf === undefined) return;
  findings.attempt(() => kindOfLinked(elf));
  findings.attempt(() => findingsOfExecutable(elf));
  findings.attempt(() => executableSites(elf, 'fuzz', SLOT.vaddr));
  const program = findings.attempt(() => layOutStaticPie(elf, SLOT.size));
  if (program === undefined) return;
  compareSegments(elf, program.elf);
  // Sections are numbered anew, which only those feel that are not loaded and stand in front of others.
  const flags = elf.sections.map(({ index, isAllocated }) => index === 0 || isAllocated);
  const isSound = verifyElf(elf).length === 0 && flags.lastIndexOf(true) < flags.indexOf(false);
  const made = findings.attempt(() => readElf(program.elf));
  const problems = isSound && made !== undefined ? verifyElf(made) : [];
  if (problems.length > 0) throw new Error(`what was laid out is no sound ELF file: ${problems[0]?.message}`);
  findings.attempt(() => planSlot(SLOT, { program, initramfs: Buffer.from('070701') }));
}

/** Headers apart, which begin the first one. */
function compareSegments(elf: ElfFile, slot: Uint8Array): void {
  for (const { type, virtualAddress, contents, memorySize } of elf.segments) {
    if (type !== PT.LOAD || memorySize === 0) continue;
    const from = virtualAddress === 0n ? elf.header.phoff + elf.header.phnum * 56 : 0;
    const start = Number(virtualAddress);
    const [wanted, found] = [contents.subarray(from), slot.subarray(start + from, start + contents.length)];
    if (Buffer.compare(wanted, found) !== 0) throw new Error(`the segment at ${start} has other bytes`);
  }
}
