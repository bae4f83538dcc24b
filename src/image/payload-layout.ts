import { alignUp } from '../elf/bytes.js';
import type { SlotInfo } from './types.js';

/** The kernel's legacy LZ4 stream is made of independent blocks of exactly this many bytes (lib/decompress_unlz4.c). */
export const BLOCK_SIZE = 8 << 20;

/**
 * Bytes at the start of the payload that every link writes anew: ELF header, program headers, the image's note.
 * They lie in front of the kernel's first segment, where a stock payload has up to 2 MiB of padding.
 */
export const HEADER_AREA = 64 << 10;

/** Alignment the boot stub demands of every `PT_LOAD` (parse_elf() in arch/x86/boot/compressed/misc.c). */
export const LOAD_ALIGN = 2 << 20;

/** Bytes of the smallest page of x86-64. */
export const PAGE_SIZE = 4096;

/** A `PT_LOAD` as the boot stub sees it: where its bytes go, counted from the kernel's first byte in memory. */
export interface LoadRange {
  /** `p_paddr` less the address the kernel is linked at (LOAD_PHYSICAL_ADDR). */
  readonly offset: number;
  /** `p_filesz`. */
  readonly size: number;
}

/** Where things lie in the uncompressed payload. */
export interface PayloadLayout {
  /** A byte that belongs at memory offset `m` lies at payload offset `m + shift`; a multiple of 2 MiB. */
  readonly shift: number;
  /** Payload offset of the slot's first byte, a multiple of {@link BLOCK_SIZE}: all before it is compressed with the kit. */
  readonly tailStart: number;
}

/**
 * Lays out the payload: the kernel's memory image, moved up by one constant, so that the slot starts a block.
 *
 * One constant for everything means that the boot stub only ever moves data down, in ascending order, by the same
 * distance: no move can reach the source of a later one, and what lies behind the program (the command line, the
 * relocations) stays clear of every destination, however full the slot is.
 */
export function layOutPayload(kernelLoads: readonly LoadRange[], slotOffset: number): PayloadLayout {
  const kernelEnd = Math.max(0, ...kernelLoads.map((load) => load.offset + load.size));
  if (kernelEnd > slotOffset)
    throw new RangeError('the slot must lie behind everything else the image loads');
  if (slotOffset % LOAD_ALIGN !== 0) throw new RangeError('the slot must be aligned to 2 MiB');
  const tailStart = alignUp(slotOffset + LOAD_ALIGN, BLOCK_SIZE);
  return { shift: tailStart - slotOffset, tailStart };
}

/** Offset of the slot in the kernel's memory image. */
export function slotOffset(slot: SlotInfo, loadPhysicalAddr: number): number {
  return slot.paddr - loadPhysicalAddr;
}
