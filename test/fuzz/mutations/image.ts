import { encodeLegacyBlocks, decodeLegacyStream, type Lz4BlockCodec } from '../../../src/image/lz4.js';
import type { Random } from '../random.js';
import { lie, viewOf, type Mutation } from './bytes.js';

/** Fields of the setup header (Documentation/x86/boot.rst): [offset, width]. */
const SETUP_FIELDS = [
  [0x1f1, 1],
  [0x1f4, 4],
  [0x1fe, 2],
  [0x202, 4],
  [0x206, 2],
  [0x20e, 2],
  [0x248, 4],
  [0x24c, 4],
  [0x258, 8],
  [0x260, 4],
] as const;

/** Where the payload lies; undefined when the header does not say so any more. */
function payloadOf(image: Uint8Array): { at: number; size: number } | undefined {
  if (image.length < 0x268) return undefined;
  const view = viewOf(image);
  const at = (view.getUint8(0x1f1) + 1) * 512 + view.getUint32(0x248, true);
  const size = view.getUint32(0x24c, true);
  return size > 8 && at + size <= image.length ? { at, size } : undefined;
}

/** Damage to a bzImage: its header, the stream it carries, and what that unpacks to. */
export const imageMutations = (lz4: Lz4BlockCodec): readonly Mutation[] => [
  function lieInSetupHeader(bytes, random) {
    const [at, width] = random.pick(SETUP_FIELDS);
    lie(bytes, at, width, random);
    return bytes;
  },
  /** The stream's magic, the length of its first block, or the size it claims to unpack to. */
  function lieInStream(bytes, random) {
    const payload = payloadOf(bytes);
    if (payload === undefined) return bytes;
    lie(bytes, random.pick([payload.at, payload.at + 4, payload.at + payload.size - 4]), 4, random);
    return bytes;
  },
  /** Many blocks of next to nothing, and a size to match. */
  function manyBlocks(bytes, random) {
    const payload = payloadOf(bytes);
    if (payload === undefined) return bytes;
    const view = viewOf(bytes);
    const count = Math.min(128, Math.floor((payload.size - 12) / 5));
    for (let i = 0; i < count; i++) view.setUint32(payload.at + 4 + i * 5, 1, true);
    view.setUint32(payload.at + 4 + count * 5, 0, true);
    view.setUint32(payload.at + payload.size - 4, count * (8 << 20) - random.below(2), true);
    return bytes;
  },
  function lieInUnpackedPayload(bytes, random) {
    return repacked(bytes, random, lz4);
  },
  function lieInUnpackedPayloadAgain(bytes, random) {
    return repacked(bytes, random, lz4);
  },
];

/** Unpacks the payload, lies in one to three places that readers look at, and packs it again. */
function repacked(image: Uint8Array, random: Random, lz4: Lz4BlockCodec): Uint8Array {
  const payload = payloadOf(image);
  if (payload === undefined) return image;
  const stream = image.subarray(payload.at, payload.at + payload.size);
  const size = viewOf(stream).getUint32(stream.length - 4, true);
  let unpacked: Uint8Array;
  try {
    unpacked = decodeLegacyStream(stream.subarray(0, -4), Math.min(size, 32 << 20), lz4);
  } catch {
    return image;
  }
  // ELF header, program headers and note at the start; the slot's program at a block's start; relocations at the end.
  const places = [
    random.below(64),
    64 + random.below(56 * 6),
    random.below(4096),
    unpacked.length - random.below(64),
  ];
  for (let n = 1 + random.below(3); n > 0; n--) {
    const block = random.pick([0, 0, 8 << 20]);
    lie(unpacked, block + random.pick(places), random.pick([1, 2, 4, 8]), random);
  }
  const blocks = Buffer.concat([Buffer.from([2, 0x21, 0x4c, 0x18]), ...encodeLegacyBlocks(unpacked, lz4)]);
  const packed = Buffer.alloc(Math.ceil((blocks.length + 8) / 4096) * 4096);
  packed.set(blocks);
  packed.writeUInt32LE(size, packed.length - 4);
  const out = new Uint8Array(
    Buffer.concat([image.subarray(0, payload.at), packed, image.subarray(payload.at + payload.size)]),
  );
  viewOf(out).setUint32(0x24c, packed.length, true);
  return out;
}
