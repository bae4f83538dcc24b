import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readElf } from '../../../src/elf/index.js';
import { codeReport, countSyscalls } from '../../../src/inspect/code.js';
import { symbolsAt } from '../../../src/inspect/system-map.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const BASE = 0xffff_ffff_8200_0000n;

/** The machine code of some assembler, linked at an address of the slot. */
function assemble(source: string): { bytes: Uint8Array; address: bigint } {
  const folder = temporaryFolder();
  const [input, object, linked] = ['code.s', 'code.o', 'code'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(input, `.globl _start\n_start:\n${source}`);
  execFileSync('as', ['-o', object, input]);
  const ld = [`-Ttext=0x${BASE.toString(16)}`, '--defsym=entry=0xffffffff81000040', '-o', linked, object];
  execFileSync('ld', ld);
  const text = readElf(readFileSync(linked)).sectionNamed('.text');
  return { bytes: text?.contents ?? Buffer.alloc(0), address: text?.address ?? 0n };
}

it('counts system calls by the way they take, and nothing else', () => {
  const code = assemble(`
    syscall
    lea 1f(%rip), %rcx
    jmp entry
1:  mov $0x050f, %eax           # no syscall: bytes of another instruction
    jmp entry
    call other
    jmp *%rax
other: ret
    jmp entry + 0x10000000      # behind the kernel
    syscall
`);
  const map = symbolsAt(Buffer.from('ffffffff81000040 T entry\nffffffff81000040 t alias\n'));
  const kernel = { start: 0xffff_ffff_8100_0000n, end: BASE, symbolAt: (at: bigint) => map.get(at) };
  expect(codeReport([code], kernel)).toEqual({
    size: code.bytes.length,
    syscalls: 2,
    kernelEntries: [{ address: '0xffffffff81000040', count: 2, symbol: 'entry' }],
  });
  expect(codeReport([code])).toEqual({ size: code.bytes.length, syscalls: 2, kernelEntries: [] });
  expect(countSyscalls(code.bytes)).toBe(2);
});
