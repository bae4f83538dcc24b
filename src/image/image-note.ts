import type { SlotInfo } from './types.js';

/**
 * The note in an image's payload (`PT_NOTE`, owner `UKL`, type 2) that says where the slot is, so that a program
 * can be found in an image without its kit. The boot stub does not look at it.
 */
const OWNER = 'UKL\0';
const TYPE = 2;
const VERSION = 2;
const DESC_AT = 16;
const KIT_AT = DESC_AT + 40;
const KIT_SIZE = 32;
const DESC_SIZE = 40 + KIT_SIZE;

/** Bytes of the note. */
export const IMAGE_NOTE_SIZE = DESC_AT + DESC_SIZE;

/** What the note says. */
export interface ImageNote {
  readonly slot: SlotInfo;
  /** Physical address of `builtin_cmdline`, 0 when the kernel has none. */
  readonly cmdlinePaddr: number;
  /** Key of the kit, 64 hexadecimal digits; zeros in the note when it is not known. */
  readonly kit?: string;
}

/** Writes the note into its {@link IMAGE_NOTE_SIZE} bytes. */
export function writeImageNote(out: Uint8Array, note: ImageNote): void {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  view.setUint32(0, OWNER.length, true);
  view.setUint32(4, DESC_SIZE, true);
  view.setUint32(8, TYPE, true);
  out.set(new TextEncoder().encode(OWNER), 12);
  view.setUint32(DESC_AT, VERSION, true);
  view.setBigUint64(DESC_AT + 8, note.slot.vaddr, true);
  view.setBigUint64(DESC_AT + 16, BigInt(note.slot.paddr), true);
  view.setBigUint64(DESC_AT + 24, BigInt(note.slot.size), true);
  view.setBigUint64(DESC_AT + 32, BigInt(note.cmdlinePaddr), true);
  out.set(Buffer.from(note.kit ?? '', 'hex').subarray(0, KIT_SIZE), KIT_AT);
}

/** Reads the note; undefined when the bytes are another note or of a version that is not known. */
export function readImageNote(bytes: Uint8Array): ImageNote | undefined {
  if (bytes.length < IMAGE_NOTE_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ours =
    view.getUint32(0, true) === OWNER.length &&
    view.getUint32(4, true) === DESC_SIZE &&
    view.getUint32(8, true) === TYPE &&
    new TextDecoder().decode(bytes.subarray(12, 16)) === OWNER &&
    view.getUint32(DESC_AT, true) === VERSION;
  if (!ours) return undefined;
  const kit = bytes.subarray(KIT_AT, KIT_AT + KIT_SIZE);
  return {
    slot: {
      vaddr: view.getBigUint64(DESC_AT + 8, true),
      paddr: Number(view.getBigUint64(DESC_AT + 16, true)),
      size: Number(view.getBigUint64(DESC_AT + 24, true)),
    },
    cmdlinePaddr: Number(view.getBigUint64(DESC_AT + 32, true)),
    ...(kit.some((byte) => byte !== 0) ? { kit: Buffer.from(kit).toString('hex') } : {}),
  };
}
