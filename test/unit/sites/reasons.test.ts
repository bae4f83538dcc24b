import { describe, expect, it } from 'vitest';
import { asFunction, assemble, outcomes, redirect } from './support.js';

const GETPID = 'mov $39, %eax\nsyscall';
const SECTION = (name: string, flags = 'ax'): string => `.section ${name},"${flags}",@progbits\n`;

/** What is asked of a site, its source, and what becomes of each of its sites. */
const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ['a plain site', asFunction(`${GETPID}\nret`), ['39: redirected']],
  [
    'several instructions make room',
    asFunction('nop\nnop\nmov %edx, %eax\nmov %rcx, %r10\nsyscall\nret'),
    ['?: redirected'],
  ],
  [
    'a conditional jump out of the window',
    asFunction('cmpl $0, (%rdi)\nje 1f\nxor %eax, %eax\nsyscall\n1: ret'),
    ['0: redirected'],
  ],
  [
    'a site in a loop that begins at the window',
    asFunction(`1: ${GETPID}\ntest %eax, %eax\njs 1b\nret`),
    ['39: redirected'],
  ],
  [
    'a jump to the syscall itself',
    asFunction('mov $39, %eax\ntest %edi, %edi\njz 1f\nmov $57, %eax\n1: syscall\nret'),
    ['?: redirected'],
  ],
  [
    'a function that is called from another section',
    `${asFunction(`${GETPID}\nret`)}${SECTION('.text.g')}${asFunction('call f\nret', 'g')}`,
    ['39: redirected'],
  ],
  [
    'a push in the window',
    asFunction(
      'push %rbx\n.cfi_adjust_cfa_offset 8\nmov $1, %eax\nnop\npush $7\n.cfi_adjust_cfa_offset 8\nmov %edi, %edi\nsyscall\nret',
    ),
    ['1: redirected'],
  ],
  ['a syscall first in a function', asFunction('syscall\nret'), ['?: short']],
  ['two sites back to back', asFunction(`${GETPID}\nsyscall\nret`), ['39: redirected', '?: short']],
  ['a call in front', asFunction('mov $39, %eax\ncall g\nsyscall\nret'), ['?: short']],
  [
    'a branch into the window',
    asFunction('test %edi, %edi\njz 1f\nmov %rdx, %rsi\n1: mov %ecx, %eax\nsyscall\nret'),
    ['?: label'],
  ],
  [
    'a branch into an instruction of the window',
    asFunction(`test %edi, %edi\njz f + 7\n${GETPID}\nret`),
    ['39: label'],
  ],
  [
    'a branch from another section',
    `${asFunction('mov %rdx, %rsi\n1: mov %ecx, %eax\nsyscall\nret')}${SECTION('.text.cold')}jmp 1b\n`,
    ['?: label'],
  ],
  ['a symbol inside', asFunction('mov %rdx, %rsi\ninner: mov %ecx, %eax\nsyscall\nret'), ['?: label']],
  [
    'an address taken by an instruction',
    asFunction('lea 1f(%rip), %r8\nmov %rdx, %rsi\n1: mov %ecx, %eax\nsyscall\nret'),
    ['?: label'],
  ],
  [
    'an address taken by data',
    `${asFunction('mov %rdx, %rsi\n1: mov %ecx, %eax\nsyscall\nret')}.data\n.quad 1b\n`,
    ['?: label'],
  ],
  [
    'a jump table of distances',
    `${asFunction('lea 3f(%rip), %r8\nmovslq (%r8,%rdi,4), %rdi\nadd %r8, %rdi\njmp *%rdi\n0: mov %rdx, %rsi\n1: mov %ecx, %eax\nsyscall\n2: ret')}.section .rodata\n3: .long 2b-3b, 0b-3b, 1b-3b\n`,
    ['?: label'],
  ],
  [
    'a jump table of distances from elsewhere',
    `${asFunction('test %esi, %esi\njz 0f\nlea 3f(%rip), %r8\nlea 4f(%rip), %r9\nmovslq (%r9,%rdi,4), %rdi\nadd %r8, %rdi\njmp *%rdi\n0: mov %rdx, %rsi\n1: mov %ecx, %eax\nsyscall\n2: ret')}.section .rodata\n4: .long 0b-3f, 1b-3f, 2b-3f\n.quad 5\n3: .quad 7\n`,
    ['?: label'],
  ],
  [
    'a jump table that leads elsewhere',
    `${asFunction(`lea 3f(%rip), %r8\nmovslq (%r8,%rdi,4), %rdi\nadd %r8, %rdi\njmp *%rdi\n0: ${GETPID}\n2: ret`)}.section .rodata\n3: .long 2b-3b, 0b-3b\n`,
    ['39: redirected'],
  ],
  [
    'a computed goto whose distances show nowhere',
    `${asFunction('lea 0f(%rip), %r8\nadd (%rdi), %r8\njmp *%r8\n0: nop\n2: mov %rdx, %rsi\n1: mov %ecx, %eax\nsyscall\nret')}.section .rodata\n.quad 1b-0b, 2b-0b\n`,
    ['?: unreached'],
  ],
  [
    'a computed goto in a function that falls into the window',
    asFunction(
      'lea 0f(%rip), %r8\nadd (%rdi), %r8\ntest %edi, %edi\njz 2f\njmp *%r8\n0: nop\n2: mov %rdx, %rsi\nmov %ecx, %eax\nsyscall\nret',
    ),
    ['?: indirect-jump'],
  ],
  ['endbr64 in the window', asFunction('endbr64\nmov %edi, %eax\nsyscall\nret'), ['?: unmovable']],
  [
    'a loop instruction in the window',
    asFunction('1: mov %edi, %eax\nloop 1b\nmov %edi, %eax\nsyscall\nret'),
    ['?: unmovable'],
  ],
  [
    'a relocation in the window',
    asFunction('mov x@GOTPCREL(%rip), %rdi\nxor %eax, %eax\nsyscall\nret'),
    ['0: redirected'],
  ],
  ['an absolute relocation', asFunction('xor %eax, %eax\nmov $x, %rdi\nsyscall\nret'), ['0: redirected']],
  [
    'a relocation tied to its place',
    asFunction('xor %eax, %eax\nmov $x - ., %edi\nsyscall\nret'),
    ['0: relocation'],
  ],
  [
    'a jump to another section in the window',
    asFunction('test %edi, %edi\njz x\nxor %eax, %eax\nsyscall\nret'),
    ['0: redirected'],
  ],
  ['the address behind is named', asFunction(`${GETPID}\nbehind: ret`), ['39: marked']],
  ['rt_sigreturn', asFunction('mov $15, %rax\nsyscall'), ['15: sigreturn']],
  [
    'what unwinders take for rt_sigreturn',
    asFunction('test %edi, %edi\njz 1f\nmov $15, %rax\n1: syscall'),
    ['?: sigreturn'],
  ],
  ['.init', `${SECTION('.init')}${asFunction(GETPID)}`, ['39: fragment']],
  ['a section bounded by __start_', `${SECTION('calls')}${asFunction(GETPID)}`, ['39: fragment']],
  ['a section that can be written', `${SECTION('.text.w', 'awx')}${asFunction(GETPID)}`, ['39: writable']],
  ['bytes in data', `${asFunction('ret')}.data\n.byte 0xb8,39,0,0,0,0x0f,5\n`, []],
  [
    'bytes in data between functions',
    `${asFunction('lea 1f(%rip), %rax\nret')}1: .byte 0xb8,39,0,0,0,0x0f,5\n`,
    ['39: unreached'],
  ],
  [
    'bytes in data that look as if something jumped to them',
    `${asFunction('lea 1f(%rip), %rax\nret')}1: .byte 0xeb,0,0xb8,39,0,0,0,0x0f,5\n`,
    ['39: unreached'],
  ],
  [
    'code that only another section reaches',
    `${asFunction('test %edi, %edi\njz cold\nret')}${SECTION('.text.cold')}nop\ncold: ${GETPID}\nret\n`,
    ['39: redirected'],
  ],
  ['bytes of another instruction', asFunction('mov $0x050f, %eax\nret'), []],
  [
    'bytes behind a call that only pushes an address',
    asFunction('call 1f\n.byte 0xb8,39,0,0,0,0x0f,5\n1: pop %rax\nret'),
    ['39: unreached'],
  ],
  [
    'instructions that overlap in front of the window',
    asFunction(
      'test %edi, %edi\njz 1f + 1\n1: lock xadd %eax, (%rdi)\nmov %rdx, %rsi\nmov %edi, %eax\nsyscall\nret',
    ),
    ['?: redirected'],
  ],
  [
    'instructions that overlap the window',
    asFunction('test %edi, %edi\njz 1f + 1\n1: mov $0xb8, %al\nmov $39, %eax\nsyscall\nret'),
    ['39: overlap'],
  ],
  ['a label without a name or a jump is no function', `nameless: ${GETPID}\nret\n`, ['39: unreached']],
];

describe('a system call site', () => {
  it.each(CASES)('%s', (_, source, expected) => {
    expect(outcomes(source)).toEqual(expected);
  });

  it('has a number when all that leads to it gives the same', () => {
    expect(outcomes(asFunction('mov $39, %ecx\nmov %ecx, %eax\nmov %rdi, %rsi\nsyscall\nret'))).toEqual([
      '39: redirected',
    ]);
    expect(outcomes(asFunction('mov $39, %eax\nmov $1, %al\nmov %rdi, %rsi\nsyscall\nret'))).toEqual([
      '?: redirected',
    ]);
    expect(
      outcomes(asFunction('mov $39, %eax\ncmp $1, %edi\ncmove %edi, %eax\nmov %rdi, %rsi\nsyscall\nret')),
    ).toEqual(['?: redirected']);
  });

  it('stays when redirection was not asked for, and so do all bytes', () => {
    const object = assemble(asFunction(`${GETPID}\nret`));
    const { sites, after } = redirect(object, 'native');
    expect(sites).toMatchObject([{ number: 39, function: 'f', reason: 'option' }]);
    expect(Buffer.from(after.bytes).equals(object)).toBe(true);
  });
});
