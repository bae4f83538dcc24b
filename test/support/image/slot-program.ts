import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PT, readElf, R_X86_64 } from '../../../src/elf/index.js';
import { PT_UKL_INITRAMFS } from '../../../src/image/program-headers.js';
import type { LinkedProgram, SlotInfo } from '../../../src/image/index.js';

const low = (address: bigint): number => Number(BigInt.asUintN(32, address));

/** Links slot-program.S for the slot, with the tools alone: nothing of src/ld. */
export function buildSlotProgram(dir: string, slot: SlotInfo): LinkedProgram {
  const here = (name: string): string => join(import.meta.dirname, name);
  const object = join(dir, 'slot-program.o');
  const output = join(dir, 'slot-program');
  execFileSync('gcc', ['-c', '-o', object, here('slot-program.S')]);
  execFileSync('ld', [
    ...['-static', '--emit-relocs', '-z', 'max-page-size=4096', '-z', 'noexecstack', '-e', '_start'],
    ...[`--defsym=SLOT=0x${slot.vaddr.toString(16)}`, '-T', here('slot-program.ld'), '-o', output, object],
  ]);
  const bytes = readFileSync(output);
  const elf = readElf(bytes);
  const relocs64 = [low(slot.vaddr) + 24];
  for (const segment of elf.segments)
    if (segment.type === PT.LOAD || segment.type === PT_UKL_INITRAMFS)
      relocs64.push(low(slot.vaddr) + elf.header.phoff + segment.index * 56 + 16);
  const relocs32: number[] = [];
  for (const table of elf.relocationTables()) {
    for (let i = 0; i < table.length; i++) {
      if (table.type(i) === R_X86_64['64']) relocs64.push(low(table.address(i)));
      if (table.type(i) === R_X86_64['32S']) relocs32.push(low(table.address(i)));
    }
  }
  // Its section headers tell of the file, not of the slot; a program in the slot may have none: e_shoff, then e_shnum and e_shstrndx.
  bytes.fill(0, 40, 48).fill(0, 60, 64);
  return { elf: bytes, relocs: { relocs64, relocs32Inverse: [], relocs32 } };
}
