import { PT_UKL_INITRAMFS, writeElfHeaders, type ProgramHeader } from '../../../src/image/program-headers.js';
import type { LinkedProgram, SlotInfo } from '../../../src/image/types.js';

/** A segment of an invented program; offsets count from the slot's start. */
export interface SyntheticSegment {
  readonly offset: number;
  readonly data: Buffer;
  /** Bytes of .bss behind `data`. */
  readonly bss: number;
}

export const E_ENTRY = 24;
/** Offset of p_vaddr of program header `index`. */
export const vaddrOf = (index: number): number => 64 + index * 56 + 16;

/**
 * An ET_EXEC program for the slot with these segments (the first is preceded by the headers, so its data must leave room),
 * and the relocations given as offsets from the slot's start.
 */
export function syntheticProgram(
  slot: SlotInfo,
  segments: readonly SyntheticSegment[],
  relocs: { readonly words64?: readonly number[]; readonly words32?: readonly number[] } = {},
  type: 'exec' | 'dyn' = 'exec',
): LinkedProgram {
  const base = type === 'exec' ? slot.vaddr : 0n;
  const headers: ProgramHeader[] = segments.map(({ offset, data, bss }) => ({
    type: 1,
    flags: 6,
    offset: 0,
    vaddr: base + BigInt(offset),
    paddr: base + BigInt(offset),
    fileSize: data.length,
    memSize: data.length + bss,
    align: 4096,
  }));
  // Segments stand behind each other in the file: after a .bss, file offset and slot offset differ.
  let fileAt = 0;
  for (const [index, header] of headers.entries()) {
    headers[index] = { ...header, offset: fileAt };
    fileAt += Math.ceil(header.fileSize / 4096) * 4096;
  }
  const last = segments.at(-1);
  const end = last === undefined ? 0 : Math.ceil((last.offset + last.data.length + last.bss) / 4096) * 4096;
  headers.push({
    type: PT_UKL_INITRAMFS,
    flags: 4,
    offset: 0,
    vaddr: base + BigInt(end),
    paddr: base + BigInt(end),
    fileSize: 0,
    memSize: 0,
    align: 4096,
  });
  const elf = Buffer.alloc(fileAt);
  for (const [index, { data }] of segments.entries()) elf.set(data, headers[index]!.offset);
  elf.fill(0, 0, 64 + headers.length * 56);
  writeElfHeaders(elf, base + 0x200n, headers);
  if (type === 'dyn') elf.writeUInt16LE(3, 16);
  const low = Number(BigInt.asUintN(32, slot.vaddr));
  const inHeaders = type === 'exec' ? [E_ENTRY, ...headers.map((_, index) => vaddrOf(index))] : [];
  return {
    elf,
    relocs: {
      relocs64: [...inHeaders, ...(relocs.words64 ?? [])].map((offset) => low + offset),
      relocs32Inverse: [],
      relocs32: (relocs.words32 ?? []).map((offset) => low + offset),
    },
  };
}
