import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readKernelImage } from '../../../src/image/kernel-image.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** What a kernel's linker script leaves of it: text at 16 MiB, `gap` bytes of .bss, and a slot of 2 MiB at 18 MiB. */
function kernel(gap: number): Uint8Array {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder, name);
  const text = (2 << 20) - gap;
  writeFileSync(path('kernel.s'), `.globl _text\n_text: .fill ${text}, 1, 0x90\n`);
  writeFileSync(
    path('kernel.ld'),
    `PHDRS { text PT_LOAD; slot PT_LOAD; }
SECTIONS {
  . = 0xffffffff81000000;
  .text : AT(0x1000000) { *(.text) } :text
  __bss_start = .;
  . = 0xffffffff81200000;
  .slot (NOLOAD) : AT(0x1200000) { __ukl_slot_start = .; . += 0x200000; __ukl_slot_end = .; } :slot
  _end = .;
}`,
  );
  const options = ['-z', 'max-page-size=0x200000', '-e', '_text', '-T', path('kernel.ld')];
  execFileSync('as', ['-o', path('kernel.o'), path('kernel.s')]);
  execFileSync('ld', [...options, '-o', path('vmlinux'), path('kernel.o')]);
  return readFileSync(path('vmlinux'));
}

it('a kernel is laid out up to its slot', () => {
  const { bytes, slot, layout, loads } = readKernelImage(kernel(32), 'vmlinux');
  expect(slot).toEqual({ vaddr: 0xffffffff81200000n, paddr: 0x1200000, size: 2 << 20 });
  expect(bytes).toHaveLength(layout.tailStart);
  expect(bytes.indexOf(0x90)).toBe(layout.shift);
  expect(bytes.lastIndexOf(0x90)).toBe(layout.tailStart - 33);
  expect(loads).toMatchObject([{ offset: layout.shift, fileSize: (2 << 20) - 32 }]);
});

it('a kernel needs a few bytes of .bss in front of the slot, which a stream for zstd ends in', () => {
  expect(() => readKernelImage(kernel(31), 'vmlinux')).toThrow(/UKL3024.*right in front of it/);
});
