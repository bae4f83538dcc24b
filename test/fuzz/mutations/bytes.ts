import type { Random } from '../random.js';

/** One way to damage a file, in place or with another length. */
export type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Values at which counts, sizes, offsets and indexes tend to go wrong. */
export const EDGES: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 4n, 7n, 8n, 16n, 23n, 24n, 25n, 63n, 64n, 255n, 256n],
  ...[0x7fffn, 0x8000n, 0xff00n, 0xfff1n, 0xffffn, 0x10000n, 0x7fffffffn, 0x80000000n, 0xffffffffn],
  ...[1n << 32n, 1n << 52n, 1n << 53n, 1n << 62n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n],
];

/** Writes a lying number of 1, 2, 4 or 8 bytes at an offset: an edge, the file's size, or a little off what was there. */
export function lie(bytes: Uint8Array, at: number, width: number, random: Random): void {
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

/** Damage that needs to know nothing of the format. */
export const byteMutations: readonly Mutation[] = [
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
  function copyChunk(bytes, random) {
    const from = random.below(bytes.length);
    bytes.copyWithin(random.below(bytes.length), from, from + 1 + random.below(128));
    return bytes;
  },
  function removeChunk(bytes, random) {
    const at = random.below(bytes.length);
    const count = 1 + random.below(64);
    return new Uint8Array(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + count)]));
  },
  function insertChunk(bytes, random) {
    const at = random.below(bytes.length);
    const filler = new Uint8Array(1 + random.below(64)).fill(random.below(256));
    return new Uint8Array(Buffer.concat([bytes.subarray(0, at), filler, bytes.subarray(at)]));
  },
];

/** A damaged copy of `seed`: one to four of the mutations, chosen by `random`. */
export function mutate(seed: Uint8Array, mutations: readonly Mutation[], random: Random): Uint8Array {
  let bytes: Uint8Array = new Uint8Array(seed);
  for (let n = 1 + random.below(4); n > 0 && bytes.length > 0; n--) {
    bytes = random.pick(mutations)(bytes, random);
  }
  return bytes;
}
