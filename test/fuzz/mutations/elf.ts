import type { Random } from '../random.js';
import { lie, viewOf, type Mutation } from './bytes.js';

/** Fields of the ELF header: [offset, width]. */
const HEADER_FIELDS = [
  ...[
    [4, 1],
    [5, 1],
    [6, 1],
    [16, 2],
    [18, 2],
    [20, 4],
    [24, 8],
    [32, 8],
    [40, 8],
  ],
  ...[
    [52, 2],
    [54, 2],
    [56, 2],
    [58, 2],
    [60, 2],
    [62, 2],
  ],
] as const;
/** Fields of a section header, and of a program header. */
const SECTION_FIELDS = [
  [0, 4],
  [4, 4],
  [8, 8],
  [16, 8],
  [24, 8],
  [32, 8],
  [40, 4],
  [44, 4],
  [48, 8],
  [56, 8],
] as const;
const SEGMENT_FIELDS = [
  [0, 4],
  [4, 4],
  [8, 8],
  [16, 8],
  [32, 8],
  [40, 8],
  [48, 8],
] as const;
/** Section types whose meaning our reader looks into, to turn sections into one another. */
const TYPES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 17, 18, 19, 0x6fff4c03, 0x6ffffffd, 0x6ffffffe, 0x6fffffff];

/** Where an ELF file inside `bytes` begins: at 0, or in an archive at some member. */
function elfStart(bytes: Uint8Array, random: Random): number {
  const starts: number[] = [];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (
    let at = buffer.indexOf('\x7fELF', 0, 'latin1');
    at >= 0;
    at = buffer.indexOf('\x7fELF', at + 1, 'latin1')
  ) {
    starts.push(at);
  }
  return starts.length === 0 ? 0 : random.pick(starts);
}

const u64 = (bytes: Uint8Array, at: number): number =>
  at + 8 <= bytes.length ? Number(viewOf(bytes).getBigUint64(at, true)) : 0;
const u16 = (bytes: Uint8Array, at: number): number =>
  at + 2 <= bytes.length ? viewOf(bytes).getUint16(at, true) : 0;

/** Offset of some section header, and where its ELF file starts. */
function someSectionHeader(bytes: Uint8Array, random: Random): { header: number; start: number } {
  const start = elfStart(bytes, random);
  return { header: start + u64(bytes, start + 40) + 64 * random.below(u16(bytes, start + 60)), start };
}

/** Damage to headers and tables of an ELF file, or of one in an archive. */
export const elfMutations: readonly Mutation[] = [
  function lieInElfHeader(bytes, random) {
    const [at, width] = random.pick(HEADER_FIELDS);
    lie(bytes, elfStart(bytes, random) + at, width, random);
    return bytes;
  },
  function lieInSectionHeader(bytes, random) {
    const [at, width] = random.pick(SECTION_FIELDS);
    lie(bytes, someSectionHeader(bytes, random).header + at, width, random);
    return bytes;
  },
  function lieInProgramHeader(bytes, random) {
    const start = elfStart(bytes, random);
    const header = start + u64(bytes, start + 32) + 56 * random.below(u16(bytes, start + 56));
    const [at, width] = random.pick(SEGMENT_FIELDS);
    lie(bytes, header + at, width, random);
    return bytes;
  },
  function changeSectionType(bytes, random) {
    const { header } = someSectionHeader(bytes, random);
    if (header + 64 <= bytes.length) viewOf(bytes).setUint32(header + 4, random.pick(TYPES), true);
    return bytes;
  },
  /** sh_link or sh_info to itself or any other section: cycles, and tables of another kind. */
  function changeSectionLink(bytes, random) {
    const { header, start } = someSectionHeader(bytes, random);
    if (header + 64 <= bytes.length) {
      viewOf(bytes).setUint32(header + random.pick([40, 44]), random.below(u16(bytes, start + 60) + 2), true);
    }
    return bytes;
  },
  /** Sets flags that change the meaning of contents: MERGE, STRINGS, COMPRESSED, GROUP, LINK_ORDER. */
  function changeSectionFlags(bytes, random) {
    const { header } = someSectionHeader(bytes, random);
    if (header + 64 <= bytes.length) {
      const view = viewOf(bytes);
      const bit = random.pick([0x10, 0x20, 0x30, 0x40, 0x80, 0x200, 0x400, 0x800]);
      view.setUint32(header + 8, view.getUint32(header + 8, true) ^ bit, true);
    }
    return bytes;
  },
  /** A section's offset to that of another: sections that share their bytes. */
  function overlapSections(bytes, random) {
    const a = someSectionHeader(bytes, random).header;
    const b = someSectionHeader(bytes, random).header;
    if (a + 64 <= bytes.length && b + 64 <= bytes.length) bytes.copyWithin(a + 24, b + 24, b + 40);
    return bytes;
  },
  /** A number inside of a section's contents: symbols, relocations, notes, group members, version chains, tags. */
  function lieInContents(bytes, random) {
    const { header, start } = someSectionHeader(bytes, random);
    const size = u64(bytes, header + 32);
    const at = start + u64(bytes, header + 24) + random.below(Math.min(size, bytes.length));
    const width = random.pick([1, 2, 4, 8]);
    lie(bytes, at - (at % width), width, random);
    return bytes;
  },
  /** Section counts in their extended form, true or not. */
  function extendNumbering(bytes, random) {
    const start = elfStart(bytes, random);
    const first = start + u64(bytes, start + 40);
    if (start + 64 > bytes.length || first + 64 > bytes.length) return bytes;
    const view = viewOf(bytes);
    const count = view.getUint16(start + 60, true);
    view.setUint32(first + 32, random.pick([count, count + 1, count - 1, 0, 0xffffffff]), true);
    view.setUint32(
      first + 40,
      random.pick([view.getUint16(start + 62, true), random.below(count + 2)]),
      true,
    );
    view.setUint16(start + 60, 0, true);
    view.setUint16(start + 62, 0xffff, true);
    return bytes;
  },
];
