import type { Random } from './random.js';

/** One way to damage a file, in place or with another length. */
type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Values at which counts, sizes, offsets and indexes tend to go wrong. */
const EDGES: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 4n, 7n, 8n, 16n, 23n, 24n, 25n, 63n, 64n, 255n, 256n],
  ...[0x7fffn, 0x8000n, 0xff00n, 0xfff1n, 0xffffn, 0x10000n, 0x7fffffffn, 0x80000000n, 0xffffffffn],
  ...[1n << 32n, 1n << 52n, 1n << 53n, 1n << 62n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n],
];

/** Writes a lying number of 1, 2, 4 or 8 bytes at an offset: an edge, the file's size, or a little off what was there. */
function lie(bytes: Uint8Array, at: number, width: number, random: Random): void {
  if (at < 0 || at + width > bytes.length) return;
  const view = viewOf(bytes);
  const bits = width * 8;
  let old = 0n;
  for (let i = width - 1; i >= 0; i--) old = (old << 8n) | BigInt(view.getUint8(at + i));
  const choices = [
    random.pick(EDGES),
    BigInt(bytes.length + random.below(5) - 2),
    old + BigInt(random.below(9) - 4),
    old * 2n,
    BigInt(random.below(bytes.length + 1)),
  ];
  let value = BigInt.asUintN(bits, random.pick(choices));
  for (let i = 0; i < width; i++, value >>= 8n) view.setUint8(at + i, Number(value & 0xffn));
}

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

const mutations: readonly Mutation[] = [
  function flipBits(bytes, random) {
    for (let n = 1 + random.below(8); n > 0; n--) {
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    }
    return bytes;
  },
  function setBytes(bytes, random) {
    for (let n = 1 + random.below(4); n > 0; n--) bytes[random.below(bytes.length)] = random.below(256);
    return bytes;
  },
  function truncate(bytes, random) {
    return bytes.slice(0, random.below(bytes.length));
  },
  function truncateALittle(bytes, random) {
    return bytes.slice(0, bytes.length - 1 - random.below(Math.min(64, bytes.length)));
  },
  function extend(bytes, random) {
    const longer = new Uint8Array(bytes.length + 1 + random.below(200));
    longer.set(bytes);
    longer.fill(random.below(256), bytes.length);
    return longer;
  },
  function lieAnywhere(bytes, random) {
    lie(bytes, random.below(bytes.length), random.pick([2, 4, 8]), random);
    return bytes;
  },
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
  function copyChunk(bytes, random) {
    const from = random.below(bytes.length);
    bytes.copyWithin(random.below(bytes.length), from, from + 1 + random.below(128));
    return bytes;
  },
  function removeChunk(bytes, random) {
    const at = random.below(bytes.length);
    const count = 1 + random.below(64);
    return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + count)]);
  },
  function insertChunk(bytes, random) {
    const at = random.below(bytes.length);
    const filler = new Uint8Array(1 + random.below(64)).fill(random.below(256));
    return Uint8Array.from([...bytes.subarray(0, at), ...filler, ...bytes.subarray(at)]);
  },
  /** A character of some ar header: names, numbers, the end mark. */
  function damageArHeader(bytes, random) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const ends: number[] = [];
    for (let at = buffer.indexOf('`\n'); at >= 0; at = buffer.indexOf('`\n', at + 1)) ends.push(at);
    if (ends.length === 0) return bytes;
    const header = random.pick(ends) - 58;
    const [at, count] = random.pick([
      [0, 16],
      [16, 12],
      [28, 12],
      [40, 8],
      [48, 10],
      [48, 10],
      [58, 2],
    ] as const);
    const text = random.pick([
      '/',
      '0',
      '9',
      ' ',
      '#1/',
      '//',
      '/9',
      '/0',
      '-',
      '99999',
      '/1:2',
      '\0',
      '\n',
      '__.SYMDEF',
    ]);
    buffer.write(text, Math.max(0, header + at + random.below(count)), 'latin1');
    return bytes;
  },
  /** A number near the start of an archive: its symbol index. */
  function lieInArchiveIndex(bytes, random) {
    lie(bytes, 68 + random.below(Math.min(200, bytes.length)), random.pick([1, 4, 8]), random);
    return bytes;
  },
];

/** A damaged copy of `seed`: one to four mutations, chosen by `random`. */
export function mutate(seed: Uint8Array, random: Random): Uint8Array {
  let bytes: Uint8Array = new Uint8Array(seed);
  for (let n = 1 + random.below(4); n > 0 && bytes.length > 0; n--) {
    bytes = random.pick(mutations)(bytes, random);
  }
  return bytes;
}
