import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asFunction, assemble, redirect, runInRing3 } from './support.js';
import { compile } from '../elf/support/corpus.js';

/** Registers that the code under test may use freely; what is left of them is compared. */
const REGISTERS = ['rax', 'rbx', 'rdx', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r12', 'r13', 'r14', 'r15'];
const SHORT: Readonly<Record<string, string>> = {
  rax: 'eax',
  rbx: 'ebx',
  rdx: 'edx',
  rsi: 'esi',
  rdi: 'edi',
};
const low = (name: string): string => SHORT[name] ?? `${name}d`;

const register = fc.constantFrom(...REGISTERS);
const number = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
/** System calls that only answer a question, always the same way; the last does not exist. */
const call = fc.constantFrom(102, 104, 107, 108, 9999);

/** One or two lines of assembler; `@` stands for a number that makes labels unique. */
const instruction = fc.oneof(
  fc.tuple(register, number).map(([r, n]) => `mov $${n}, %${low(r)}`),
  fc.tuple(register, register).map(([a, b]) => `mov %${a}, %${b}`),
  fc.tuple(register, register).map(([a, b]) => `add %${low(a)}, %${low(b)}`),
  fc.tuple(register, register).map(([a, b]) => `lea 5(%${a},%${b},4), %${b}`),
  register.map((r) => `xor %${low(r)}, %${low(r)}`),
  register.map((r) => `lea .Lhere@(%rip), %${r}\n.Lhere@: sub %rbp, %${r}`),
  register.map((r) => `mov words+8(%rip), %${r}`),
  register.map((r) => `add %${r}, words+16(%rip)`),
  register.map((r) => `mov %${r}, -40(%rsp)`),
  register.map((r) => `add -40(%rsp), %${r}`),
  fc.tuple(register, register).map(([a, b]) => `push %${a}\npop %${b}`),
  fc.tuple(register, register).map(([a, b]) => `test %${a}, %${b}\njs .Lend@\n.Lend@: nop`),
  fc.tuple(register, number).map(([r, n]) => `cmp $${n}, %${r}\njg out@`),
  fc.constant('1: dec %r15d\njs 1f\n1: nop'),
  fc.constant('cld'),
);

/** A system call in one of the forms that libraries use. */
const site = fc.oneof(
  call.map((nr) => `mov $${nr}, %eax\nsyscall`),
  fc
    .tuple(call, instruction)
    .map(
      ([nr, line]) =>
        `mov $${nr}, %ebx\n${line.replaceAll('%rbx', '%r12').replaceAll('%ebx', '%r12d')}\nmov %ebx, %eax\nsyscall`,
    ),
  call.map((nr) => `mov $${nr}, %eax\nnop\nnot %edi\nsyscall`),
  call.map((nr) => `mov $${nr}, %eax\ntest %edi, %edi\njz out@\nsyscall`),
  call.map((nr) => `mov $${nr}, %eax\nandl $7, words(%rip)\nsyscall`),
);

const body = fc.array(fc.oneof({ weight: 3, arbitrary: instruction }, { weight: 1, arbitrary: site }), {
  minLength: 4,
  maxLength: 24,
});

/** A function of assembler that loads the registers from a table, runs the lines, and puts the registers back. */
function asTest(lines: readonly string[], n: number): string {
  let label = 0;
  const code = lines.map((line) => line.replaceAll('out@', `.Lout${n}`).replaceAll('@', `${n}_${label++}`));
  const saved = ['rbx', 'rbp', 'r12', 'r13', 'r14', 'r15'];
  return asFunction(
    [
      ...saved.map((r) => `push %${r}`),
      'lea code(%rip), %rbp',
      'movq $0, -40(%rsp)',
      ...REGISTERS.map((r, i) => `mov registers+${8 * i}(%rip), %${r}`),
      ...code,
      `.Lout${n}:`,
      ...REGISTERS.map((r, i) => `mov %${r}, registers+${8 * i}(%rip)`),
      ...saved.toReversed().map((r) => `pop %${r}`),
      'ret',
    ].join('\n'),
    `test${n}`,
  );
}

const MAIN = (count: number): string => `
#include <stdio.h>
unsigned long registers[${REGISTERS.length}], words[4];
${Array.from({ length: count }, (_, n) => `void test${n}(void);`).join('\n')}
static void (*const tests[])(void) = {${Array.from({ length: count }, (_, n) => `test${n}`).join(', ')}};
int main(void) {
  for (unsigned t = 0; t < ${count}; t++) {
    for (unsigned i = 0; i < ${REGISTERS.length}; i++) registers[i] = 0x9e3779b97f4a7c15 * (t + 7 * i + 1);
    for (unsigned i = 0; i < 4; i++) words[i] = t + i;
    tests[t]();
    printf("%u:", t);
    for (unsigned i = 0; i < ${REGISTERS.length}; i++) printf(" %lx", registers[i]);
    for (unsigned i = 0; i < 4; i++) printf(" %lx", words[i]);
    puts("");
  }
}
`;

describe('redirected code', () => {
  it('does what it did', { timeout: 120_000 }, () => {
    let redirected = 0;
    fc.assert(
      fc.property(fc.array(body, { minLength: 60, maxLength: 60 }), (bodies) => {
        const main = compile(MAIN(bodies.length));
        const object = assemble(
          `.globl code\ncode:\n${bodies.map(asTest).join('')}.section .note.GNU-stack,"",@progbits\n`,
        );
        const { after, sites } = redirect(object);
        redirected += sites.filter(({ stub }) => stub !== undefined).length;
        expect(runInRing3([main, after.bytes])).toBe(runInRing3([main, object]));
      }),
      { numRuns: 4, endOnFailure: true },
    );
    expect(redirected).toBeGreaterThan(200);
  });
});
