import {
  ELF_HEADER_SIZE,
  ET,
  PROGRAM_HEADER_SIZE,
  PT,
  SECTION_HEADER_SIZE,
  readElf,
  type ElfFile,
  type Segment,
} from '../elf/index.js';
import { imageErrors, UklError, type Place } from '../errors/index.js';
import { ALGORITHMS } from './compression.js';
import { crc32 } from './crc32.js';
import { readImageNote, type ImageNote } from './image-note.js';
import { loadCodec } from './payload-codec.js';
import { PT_UKL_INITRAMFS } from './program-headers.js';
import { readBootRelocs } from './relocs.js';
import { readSetupHeader, type SetupHeader } from './setup-header.js';
import type { BootRelocs, SlotInfo } from './types.js';

/** How a payload is compressed, by its first bytes; an LZ4 stream that is no smaller than what it holds is `none`. */
export type Compression = 'lz4' | 'gzip' | 'zstd' | 'xz' | 'lzma' | 'bzip2' | 'lzo' | 'none' | 'unknown';

/** A program found in an image. */
export interface ImageProgram {
  /**
   * The program as an ELF file: headers, segments and sections as they lie in the slot, at their file offsets. An image
   * that was made before there were symbols in the slot has no sections.
   */
  readonly elf: Uint8Array;
  /** Bytes of the slot it takes, .bss and initramfs included. */
  readonly size: number;
}

/** What a bzImage holds. */
export interface ImageInfo {
  readonly setup: SetupHeader;
  /** Whether the CRC at the end of the file is right; false for an image that was signed or appended to. */
  readonly crcGood: boolean;
  readonly compression: Compression;
  /** The rest is there only for an image that this tool made. */
  readonly ukl?: {
    readonly slot: SlotInfo;
    /** Key of the kit it was made of, if the link said so. */
    readonly kit?: string;
    /** Bytes the payload unpacks to. */
    readonly outputSize: number;
    /** The payload's program headers and the bytes they name: the kernel, then what the link added. */
    readonly payload: ElfFile;
    readonly relocs: BootRelocs;
    readonly program?: ImageProgram;
    readonly initramfs?: Uint8Array;
    /** The command line that the link set; undefined: the kernel's own. */
    readonly cmdline?: string;
  };
}

const MAGICS: readonly (readonly [Compression, readonly number[]])[] = [
  ['lz4', [0x02, 0x21, 0x4c, 0x18]],
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['lzma', [0x5d, 0x00, 0x00]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['lzo', [0x89, 0x4c, 0x5a, 0x4f]],
  ['none', [0x7f, 0x45, 0x4c, 0x46]],
];

/** How something is compressed, by its first bytes. */
export function compressionOf(payload: Uint8Array): Compression {
  return MAGICS.find(([, magic]) => magic.every((byte, at) => payload[at] === byte))?.[0] ?? 'unknown';
}

/** CRC-32 of data that ends with its own complement, as an image does: constant, whatever the data. */
const CRC_OF_WHOLE = 0xffffffff;

/** The largest payload a kernel can have: KERNEL_IMAGE_SIZE is 1 GiB, and the boot stub has no more virtual space. */
const MAX_OUTPUT = 2 ** 30;

/**
 * Reads a bzImage. Of one that this tool did not make, only the setup header and the compression are told.
 *
 * @param place - the file, for messages
 * @throws UklError UKL3014 when it is no bzImage, UKL3015 when it is an image of ours and damaged
 */
export async function readImage(image: Uint8Array, place: Place = {}): Promise<ImageInfo> {
  let setup: SetupHeader;
  try {
    setup = readSetupHeader(image);
  } catch (error) {
    throw new UklError(imageErrors.notAnImage((error as Error).message, place), { cause: error });
  }
  const payload = image.subarray(setup.payloadAt, setup.payloadAt + setup.payloadSize);
  const compression = compressionOf(payload);
  const crcGood = crc32(image) === CRC_OF_WHOLE;
  const algorithm = ALGORITHMS.find((name) => name === compression);
  if (algorithm === undefined || payload.length < 12) return { setup, crcGood, compression };
  try {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    const outputSize = view.getUint32(payload.length - 4, true);
    if (outputSize > MAX_OUTPUT) throw new Error(`its payload claims to unpack to ${outputSize} bytes`);
    const codec = await loadCodec(algorithm);
    const unpacked = codec.decompress(payload.subarray(0, -4), outputSize);
    const stored = algorithm === 'lz4' && payload.length > outputSize;
    const info: ImageInfo = { setup, crcGood, compression: stored ? 'none' : compression };
    const ukl = readPayload(unpacked);
    return ukl === undefined ? info : { ...info, ukl };
  } catch (error) {
    if (error instanceof UklError) throw error;
    throw new UklError(imageErrors.imageUnreadable((error as Error).message, place), { cause: error });
  }
}

/** The note among the payload's segments, if this tool made the image. */
function findNote(payload: ElfFile): ImageNote | undefined {
  for (const segment of payload.segments) {
    const note = segment.type === PT.NOTE ? readImageNote(segment.contents) : undefined;
    if (note !== undefined) return note;
  }
  return undefined;
}

/** Offsets in a program header. */
const P_FILESZ = 32;
const P_MEMSZ = 40;

/** The content of the slot, as far as the payload brings it: zeros where it does not. */
function slotContent(payload: ElfFile, slot: SlotInfo): Uint8Array {
  const start = BigInt(slot.paddr);
  const end = start + BigInt(slot.size);
  const inSlot = (segment: Segment): boolean =>
    segment.type === PT.LOAD &&
    segment.physicalAddress >= start &&
    segment.physicalAddress + BigInt(segment.fileSize) <= end;
  const pieces = payload.segments.filter(inSlot).map((segment) => ({
    at: Number(segment.physicalAddress - start),
    data: segment.contents,
  }));
  const content = new Uint8Array(Math.max(0, ...pieces.map((piece) => piece.at + piece.data.length)));
  for (const { at, data } of pieces) content.set(data, at);
  return content;
}

/** The ELF file a slot's content was made of: its segments back at their file offsets, its sections where they are. */
function programOf(content: Uint8Array, slot: SlotInfo): { program: ImageProgram; initramfs?: Uint8Array } {
  const inSlot = readElf(content);
  const base = inSlot.header.type === ET.DYN ? 0n : slot.vaddr;
  const bytesAt = (segment: Segment): Uint8Array => {
    const at = Number(segment.virtualAddress - base);
    if (!(at >= 0 && at + segment.fileSize <= content.length))
      throw new Error(`the program's ${segment.typeName} lies outside of what the image brings`);
    return content.subarray(at, at + segment.fileSize);
  };
  const loads = inSlot.segments.filter((segment) => segment.type === PT.LOAD && segment.memorySize > 0);
  const fileEnd = Math.max(0, ...loads.map((load) => load.offset + load.fileSize));
  const { shoff, shnum } = inSlot.header;
  const sectionsEnd = shoff + shnum * SECTION_HEADER_SIZE;
  const elf = new Uint8Array(Math.max(fileEnd, sectionsEnd));
  if (shoff !== 0) elf.set(content.subarray(fileEnd, sectionsEnd), fileEnd);
  for (const load of loads) elf.set(bytesAt(load), load.offset);
  const announced = inSlot.segments.find((segment) => segment.type === PT_UKL_INITRAMFS);
  const initramfs = announced === undefined || announced.fileSize === 0 ? undefined : bytesAt(announced);
  if (announced !== undefined)
    withoutArchive(elf, inSlot.header.phoff + announced.index * PROGRAM_HEADER_SIZE);
  const ends = [...loads, ...(announced === undefined ? [] : [announced])]
    .filter((segment) => segment.memorySize > 0)
    .map((segment) => Number(segment.virtualAddress - base) + segment.memorySize);
  return {
    program: { elf, size: Math.max(sectionsEnd, ...ends) },
    ...(initramfs === undefined ? {} : { initramfs: new Uint8Array(initramfs) }),
  };
}

/** Makes the header of an archive that is not part of the ELF file what the link made it: one of nothing. */
function withoutArchive(elf: Uint8Array, headerAt: number): void {
  const view = new DataView(elf.buffer, elf.byteOffset);
  view.setBigUint64(headerAt + P_FILESZ, 0n, true);
  view.setBigUint64(headerAt + P_MEMSZ, 0n, true);
}

/** The command line that overlays the kernel's: the last segment that is moved to exactly its place. */
function cmdlineOf(payload: ElfFile, note: ImageNote): string | undefined {
  const overlay = payload.segments.findLast(
    (segment) => segment.type === PT.LOAD && segment.physicalAddress === BigInt(note.cmdlinePaddr),
  );
  if (note.cmdlinePaddr === 0 || overlay === undefined) return undefined;
  const bytes = overlay.contents;
  const end = bytes.indexOf(0);
  return new TextDecoder('latin1').decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Reads an unpacked payload; undefined when this tool did not make it. */
function readPayload(unpacked: Uint8Array): ImageInfo['ukl'] | undefined {
  const payload = readElf(unpacked);
  const note = findNote(payload);
  if (note === undefined) return undefined;
  const content = slotContent(payload, note.slot);
  const cmdline = cmdlineOf(payload, note);
  // An image without a program starts its slot with zeros.
  const filled = content.length >= ELF_HEADER_SIZE && content[0] !== 0;
  return {
    slot: note.slot,
    ...(note.kit === undefined ? {} : { kit: note.kit }),
    outputSize: unpacked.length,
    payload,
    relocs: readBootRelocs(unpacked).relocs,
    ...(filled ? programOf(content, note.slot) : {}),
    ...(cmdline === undefined ? {} : { cmdline }),
  };
}
