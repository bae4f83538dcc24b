import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile, run, withDirectory } from '../elf/support/corpus.js';
import { asFunction, assemble, outcomes, redirect, runInRing3 } from './support.js';

const SITE = 'mov $39, %eax\nsyscall\n';

/** A function with a personality and language-specific data, which `lsda` writes. */
const withLsda = (body: string, lsda: string, personality = '__gxx_personality_v0'): string =>
  asFunction(`.cfi_personality 3, ${personality}\n.cfi_lsda 3, .Llsda\n${body}`) +
  `.section .gcc_except_table,"a",@progbits\n.Llsda:\n${lsda}\n`;

/** No type table, offsets from the function's start, one range and where it lands. */
const callSite = (from: string, to: string, pad: string): string =>
  `.byte 0xff, 0xff, 1\n.uleb128 .Lend-.Ltable\n.Ltable:\n.uleb128 ${from}-f\n.uleb128 ${to}-${from}\n.uleb128 ${pad}\n.byte 0\n.Lend:`;

describe('a site in a function that catches', () => {
  it.each([
    [
      'elsewhere',
      withLsda(`1: call g\n2: ${SITE}ret\n3: ret`, callSite('1b', '2b', '3b-f')),
      '39: redirected',
    ],
    ['nothing', withLsda(`1: ${SITE}2: ret`, callSite('1b', '2b', '0')), '39: redirected'],
    [
      'what the site throws',
      withLsda(`nop\n1: ${SITE}2: ret\n3: ret`, callSite('1b', '2b', '3b-f')),
      '39: landing-pad',
    ],
    [
      'in the middle of the window',
      withLsda('1: call g\n2: mov %rdx, %rsi\n3: mov %ecx, %eax\nsyscall\nret', callSite('1b', '2b', '3b-f')),
      '?: landing-pad',
    ],
    [
      'by a personality that nobody knows',
      withLsda(`1: ${SITE}2: ret`, callSite('1b', '2b', '0'), 'mine'),
      '39: unwind',
    ],
    ['by a table that is cut short', withLsda(`1: ${SITE}2: ret`, '.byte 0xff, 0xff, 1, 99'), '39: unwind'],
  ])('%s', (_, source, expected) => {
    expect(outcomes(source)).toEqual([expected]);
  });
});

describe('a site whose unwind tables', () => {
  it.each([
    [
      'end in front of the syscall',
      `f: .type f,@function\n.cfi_startproc\nmov $56, %eax\n.cfi_endproc\nsyscall\nret\n`,
      '56: redirected',
    ],
    [
      'end in the window',
      `f: .type f,@function\n.cfi_startproc\nmov %rdx, %rsi\n.cfi_endproc\nmov %edi, %eax\nsyscall\nret\n`,
      '?: unwind',
    ],
    ['do not exist', `f: .type f,@function\n${SITE}ret\n`, '39: redirected'],
    ['are damaged', `${asFunction(`${SITE}ret`)}.section .eh_frame\n.long 99, 0\n`, '39: unwind'],
    ['have an operation that nobody knows', asFunction(`.cfi_escape 0x3f\n${SITE}ret`), '39: unwind'],
  ])('%s', (_, source, expected) => {
    expect(outcomes(source)).toEqual([expected]);
  });

  it('end with a terminator get their entries in front of it', () => {
    const end = assemble('.section .eh_frame,"a",@progbits\n.long 0\n');
    const { after, sites } = redirect(joined([assemble(asFunction(`${SITE}ret`)), end]));
    expect(sites).toMatchObject([{ stub: 8 }]);
    const table = after.sectionNamed('.eh_frame')?.contents ?? new Uint8Array();
    expect([...table.subarray(-4)]).toEqual([0, 0, 0, 0]);
    const view = new DataView(table.buffer, table.byteOffset, table.length);
    let records = 0;
    let at = 0;
    for (; view.getUint32(at, true) !== 0; at += view.getUint32(at, true) + 4) records++;
    expect({ records, at }).toEqual({ records: 3, at: table.length - 4 });
  });
});

/** Objects joined to one by `ld -r`. */
const joined = (objects: readonly Uint8Array[]): Uint8Array =>
  withDirectory((directory) => {
    const paths = objects.map((bytes, i) => {
      const path = join(directory, `${i}.o`);
      writeFileSync(path, bytes);
      return path;
    });
    run('ld', ['-r', ...paths, '-o', join(directory, 'joined')]);
    return readFileSync(join(directory, 'joined'));
  });

/** Takes backtraces at every step over a system call, in the stub too, and throws through frames beside it. */
const STEPS = `
#include <cstdio>
#include <stdexcept>
#include <csignal>
#include <ucontext.h>
#include <unwind.h>
extern "C" long site(long a, long b);
static int depths[64], count; static bool on;
static _Unwind_Reason_Code frame(_Unwind_Context *context, void *n) {
  if (_Unwind_GetRegionStart(context) != 0) ++*(int *)n;
  return _URC_NO_REASON;
}
extern "C" char ukl_entry_SYSCALL_64[];
static void step(int, siginfo_t *, void *p) {
  auto *context = (ucontext_t *)p;
  unsigned long behind = context->uc_mcontext.gregs[REG_RIP] - (unsigned long)ukl_entry_SYSCALL_64;
  if (behind < 8) return; // The kernel, which nobody sees.
  if (on && count < 64) { int n = 0; _Unwind_Backtrace(frame, &n); depths[count++] = n; }
  if (!on) context->uc_mcontext.gregs[REG_EFL] &= ~0x100;
}
__attribute__((noinline)) static long run(long a) {
  on = true;
  asm volatile("sub $128, %%rsp; pushfq; orl $0x100, (%%rsp); popfq; add $128, %%rsp" ::: "memory", "cc");
  long r = site(a, 5);
  on = false;
  return r;
}
int main() {
  struct sigaction action = {}; action.sa_sigaction = step; action.sa_flags = SA_SIGINFO;
  sigaction(SIGTRAP, &action, nullptr);
  long r = run(1);
  int all = 0; for (int i = 0; i < count; i++) all += depths[i] == depths[0] || depths[i] == depths[0] + 1;
  try { throw std::runtime_error("caught"); } catch (std::exception &e) { puts(e.what()); }
  printf("%ld %s\\n", r, all == count && count > 8 ? "every step has its callers" : "a step has lost its callers");
}
`;

describe('a stub', () => {
  it(
    'can be unwound from at every instruction, with a stack that grows in the window',
    { timeout: 60_000 },
    () => {
      const body = [
        'push %rbx\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset %rbx, 0',
        'lea 1(%rsi), %ebx\npush %rbx\n.cfi_adjust_cfa_offset 8\nmov $9999, %eax\npush %rax\n.cfi_adjust_cfa_offset 8\npush %rax\n.cfi_adjust_cfa_offset 8\nnop\nnop\nnop',
        'syscall\nadd $24, %rsp\n.cfi_adjust_cfa_offset -24\npop %rbx\n.cfi_adjust_cfa_offset -8\n.cfi_restore %rbx\nret',
      ].join('\n');
      const { after, sites } = redirect(
        assemble(`${asFunction(body, 'site')}.section .note.GNU-stack,"",@progbits\n`),
      );
      expect(sites).toMatchObject([{ number: 9999, function: 'site' }]);
      expect(sites[0]?.stub).toBeDefined();
      const main = compile(STEPS, '-x', 'c++', '-O1');
      expect(runInRing3([main, after.bytes])).toBe('caught\n-38 every step has its callers\n');
    },
  );

  it('keeps the unwinding of cancelled threads', { timeout: 60_000 }, () => {
    const source = `
#include <cstdio>
#include <pthread.h>
#include <unistd.h>
static int fds[2];
struct Guard { ~Guard() { puts("unwound"); } };
static inline long call(long nr, long a, long b, long c) {
  long r; asm volatile("syscall" : "=a"(r) : "a"(nr), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory"); return r;
}
static void *block(void *) { Guard guard; pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr); char c; call(0, fds[0], (long)&c, 1); return nullptr; }
static void *spin(void *) { pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr); for (;;) call(39, 0, 0, 0); }
int main() {
  if (pipe(fds)) return 1;
  int cancelled = 0;
  for (int i = 0; i < 200; i++) {
    pthread_t thread; void *result;
    pthread_create(&thread, nullptr, i ? spin : block, nullptr);
    usleep(i ? 50 : 20000);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    cancelled += result == PTHREAD_CANCELED;
  }
  printf("%d\\n", cancelled);
}`;
    const { after, sites } = redirect(compile(source, '-x', 'c++', '-O2', '-fnon-call-exceptions'));
    expect(sites.filter(({ stub }) => stub !== undefined).length).toBeGreaterThan(0);
    expect(runInRing3([after.bytes])).toBe('unwound\n200\n');
  });
});
