import { crc32 } from './crc32.js';
import { alignUp } from '../elf/bytes.js';
import { PAGE_SIZE } from './payload-layout.js';
import { SETUP_HEADER } from './setup-header.js';

/** The parts of a bzImage in file order; the payload lies between `head` and `body`. */
export type StubPart = 'setup' | 'head' | 'body';

/** What a word of the boot stub or the setup depends on. */
export type StubQuantity =
  /** Grows with the payload: an address or length behind it. */
  | 'payload'
  /** Shrinks as the payload grows: a distance from behind it to in front of it. */
  | '-payload'
  /** A length in paragraphs (`syssize`). */
  | 'payload/16'
  /** The uncompressed size itself (`output_len`). */
  | 'output';

/** A 32-bit word that is not the same in every image. */
export interface StubWord {
  readonly part: StubPart;
  /** Byte offset in its part. */
  readonly at: number;
  readonly of: StubQuantity;
}

/** A boot stub and setup, linked once with a payload of `payloadSize` bytes, and how they change with its size. */
export interface StubTemplate {
  /** Bytes of payload the parts were linked with, a multiple of 4096. */
  readonly payloadSize: number;
  readonly words: readonly StubWord[];
  /** `ZO__end` of that link: memory the stub occupies, payload included. */
  readonly stubEnd: number;
  /** `ZO__ehead`: end of the code that moves the stub. */
  readonly headEnd: number;
  /** `VO_INIT_SIZE`: memory the kernel occupies, `_end - _text`. */
  readonly kernelSize: number;
}

/** The bytes that belong to a {@link StubTemplate}. */
export type StubBytes = Readonly<Record<StubPart, Uint8Array>>;

/**
 * `INIT_SIZE` of arch/x86/boot/header.S (there: why in-place decompression needs this much).
 *
 * @param payloadSize - compressed, `z_input_len`
 * @param outputSize - uncompressed, `z_output_len`
 */
export function initSize(template: StubTemplate, payloadSize: number, outputSize: number): number {
  const extraBytes = Math.floor(outputSize / 256) + 131072;
  const extractOffset = Math.max(outputSize - payloadSize, 0) + extraBytes;
  const minExtractOffset = alignUp(Math.max(template.headEnd, extractOffset), PAGE_SIZE);
  const stubEnd = template.stubEnd + payloadSize - template.payloadSize;
  return Math.max(stubEnd + minExtractOffset, template.kernelSize);
}

/** Sets the words of one part, in place. */
function patchPart(
  bytes: Uint8Array,
  part: StubPart,
  template: StubTemplate,
  payloadSize: number,
  outputSize: number,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const growth = payloadSize - template.payloadSize;
  for (const word of template.words) {
    if (word.part !== part) continue;
    const old = view.getUint32(word.at, true);
    // setUint32 takes its value modulo 2^32, which is what a displacement needs.
    switch (word.of) {
      case 'payload':
        view.setUint32(word.at, old + growth, true);
        break;
      case '-payload':
        view.setUint32(word.at, old - growth, true);
        break;
      case 'payload/16':
        view.setUint32(word.at, old + growth / 16, true);
        break;
      case 'output':
        view.setUint32(word.at, outputSize, true);
        break;
    }
  }
  if (part === 'setup')
    view.setUint32(SETUP_HEADER.init_size, initSize(template, payloadSize, outputSize), true);
}

/**
 * Makes a bzImage: what ld, objcopy and arch/x86/boot/tools/build would make of the same payload, byte for byte
 * (proved for every kit when it is built).
 *
 * @param payload - pieces of the compressed payload, in order; a multiple of 4096 bytes together
 * @param outputSize - bytes the payload decompresses to
 */
export function wrapPayload(
  template: StubTemplate,
  stub: StubBytes,
  payload: readonly Uint8Array[],
  outputSize: number,
): Uint8Array {
  const payloadSize = payload.reduce((sum, piece) => sum + piece.length, 0);
  if (payloadSize % PAGE_SIZE !== 0)
    throw new RangeError(`payload of ${payloadSize} bytes is not padded to pages`);
  // Not zeroed: every byte is written below, the CRC last.
  const image = Buffer.allocUnsafeSlow(stub.setup.length + stub.head.length + payloadSize + stub.body.length);
  let at = 0;
  const append = (bytes: Uint8Array): Uint8Array => {
    image.set(bytes, at);
    at += bytes.length;
    return image.subarray(at - bytes.length, at);
  };
  patchPart(append(stub.setup), 'setup', template, payloadSize, outputSize);
  patchPart(append(stub.head), 'head', template, payloadSize, outputSize);
  for (const piece of payload) append(piece);
  patchPart(append(stub.body), 'body', template, payloadSize, outputSize);
  // The stub's data section leaves room for it; the boot protocol wants the CRC of everything to be ~0.
  image.writeUInt32LE(~crc32(image.subarray(0, at - 4)) >>> 0, at - 4);
  return image;
}
