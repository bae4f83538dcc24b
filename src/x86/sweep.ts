import type { Decoder, Instruction } from 'iced-x86';
import { iced } from './decoder.js';

/** The longest an instruction can be, in bytes (Intel SDM volume 2, section 2.3.11). */
export const LONGEST_INSTRUCTION = 15;

/**
 * Decodes bytes as 64-bit code from the first to the last, one instruction behind the other. `visit` gets an offset in the bytes and the
 * instruction there; the object is reused, so it holds until the next call only. A byte that begins no instruction is visited as an
 * instruction of one byte with `isInvalid`, and decoding goes on behind it. Branch targets are offsets in the bytes as well; that of a
 * branch with a relocation means nothing.
 */
export function forEachInstruction(
  bytes: Uint8Array,
  visit: (instruction: Instruction, offset: number) => void,
): void {
  const { Decoder, DecoderOptions, Instruction } = iced();
  const decoder = new Decoder(64, bytes, DecoderOptions.None);
  const instruction = new Instruction();
  try {
    for (let offset = 0; offset < bytes.length; offset = decoder.position) {
      decoder.decodeOut(instruction);
      if (instruction.isInvalid) {
        instruction.length = 1;
        seek(decoder, offset + 1);
      }
      visit(instruction, offset);
    }
  } finally {
    instruction.free();
    decoder.free();
  }
}

/**
 * Decodes the one instruction at an offset of the bytes for `look`, whose result it returns. The instruction's address is `offset`. Throws
 * RangeError for an offset outside of the bytes.
 */
export function lookAt<T>(
  bytes: Uint8Array,
  offset: number,
  look: (instruction: Instruction, decoder: Decoder) => T,
): T {
  if (offset < 0 || offset >= bytes.length) throw new RangeError(`no byte ${offset} in ${bytes.length}`);
  const { Decoder, DecoderOptions } = iced();
  const decoder = new Decoder(64, bytes.subarray(offset, offset + LONGEST_INSTRUCTION), DecoderOptions.None);
  decoder.ip = BigInt(offset);
  const instruction = decoder.decode();
  try {
    return look(instruction, decoder);
  } finally {
    instruction.free();
    decoder.free();
  }
}

function seek(decoder: Decoder, offset: number): void {
  decoder.position = offset;
  decoder.ip = BigInt(offset);
}
