import { afterAll, describe, expect, it } from 'vitest';
import { Workshop } from '../link/corpus.js';
import { findingsIn, functions, summary } from './objects.js';

const shop = new Workshop();
afterAll(() => shop.remove());

/** Instructions by what is to be found in a function of each alone. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'privileged cli': ['cli'],
  'privileged sti': ['sti'],
  'privileged in': ['in $0x60, %al', 'in (%dx), %eax'],
  'privileged out': ['out %al, $0x80', 'out %eax, (%dx)'],
  'privileged insb': ['rep insb'],
  'privileged outsd': ['outsl'],
  'privileged rdmsr': ['rdmsr'],
  'privileged wrmsr': ['wrmsr'],
  'privileged mov %cr': ['mov %cr3, %rax', 'mov %rax, %cr4', 'mov %cr8, %r9'],
  'privileged mov %dr': ['mov %dr7, %rax', 'mov %rax, %dr0'],
  'privileged clts': ['clts'],
  'privileged lmsw': ['lmsw %ax'],
  'privileged lgdt': ['lgdt (%rax)'],
  'privileged lidt': ['lidt 8(%rsp)'],
  'privileged lldt': ['lldt %ax'],
  'privileged ltr': ['ltr %ax'],
  'privileged invlpg': ['invlpg (%rdi)'],
  'privileged invpcid': ['invpcid (%rdi), %rax'],
  'privileged invd': ['invd'],
  'privileged wbinvd': ['wbinvd'],
  'privileged xsetbv': ['xsetbv'],
  'privileged xsaves': ['xsaves (%rdi)'],
  'privileged clac': ['clac'],
  'privileged stac': ['stac'],
  'privileged monitor': ['monitor'],
  'privileged mwait': ['mwait'],
  'privileged vmcall': ['vmcall'],
  'privileged vmmcall': ['vmmcall'],
  'gsBase swapgs': ['swapgs'],
  'gsBase rdgsbase': ['rdgsbase %rax'],
  'gsBase wrgsbase': ['wrgsbase %rax', 'wrgsbase %eax'],
  'gsBase mov %gs': ['mov %eax, %gs', 'mov (%rdi), %gs'],
  'gsBase pop %gs': ['pop %gs'],
  'gsBase lgs': ['lgs (%rdi), %eax'],
  gsAccess: [
    'mov %gs:0x28, %rax',
    'movq $1, %gs:(%rdi)',
    'incl %gs:8(%rax,%rbx,4)',
    'movabs %gs:0x1122334455667788, %eax',
    'rep movsb %gs:(%rsi), (%rdi)',
    'jmp *%gs:(%rax)',
    'vmovdqu %gs:(%rax), %ymm0',
  ],
  'ringChange int $0x80': ['int $0x80'],
  'ringChange int $0x20': ['int $0x20'],
  'ringChange sysenter': ['sysenter'],
  'ringChange sysexit': ['sysexitl'],
  'ringChange sysret': ['sysretl'],
  'ringChange iret': ['iretw'],
  'ringChange iretq': ['iretq'],
  'ringChange lret': ['lretq', 'lretq $8'],
  'ringChange lcall': ['lcall *(%rax)'],
  'ringChange ljmp': ['ljmp *(%rax)'],
  halt: ['hlt'],
  'flagsFromElsewhere popfq': ['push %rax; popfq', 'push $2; popfq'],
  'flagsFromElsewhere popf': ['popfw'],
  redZone: ['mov %rax, -8(%rsp)', 'movdqu -128(%rsp), %xmm0', 'incl -200(%rsp)', 'call *-8(%rsp)'],
  '': [
    'syscall',
    'wrfsbase %rax',
    'rdfsbase %rax',
    'mov %fs:0x28, %rax',
    'mov %eax, %fs',
    'mov %gs, %eax',
    'mov %eax, %ds',
    '.byte 0x65; lea 8(%rax), %rbx',
    'nopw %gs:0(%rax,%rax,1)',
    'gs; nop',
    'pushfq; orl $0x100, (%rsp); popfq',
    'int3',
    '.byte 0xcd, 3',
    'int1',
    'ud2',
    'cpuid',
    'rdtsc',
    'rdtscp',
    'xgetbv',
    'rdpmc',
    'sgdt (%rax)',
    'smsw %ax',
    'lsl %eax, %ebx',
    'verr %ax',
    'clflush (%rax)',
    'wrpkru',
    'mfence',
    'xsave (%rdi)',
    'endbr64',
    'incsspq %rax',
    'cld',
    'cmc',
    // The bytes of privileged instructions within others.
    'mov $0xf4fbfa9d, %eax',
    'movabs $0xeeedecefe7e6e5e4, %rax',
    'mov %rax, 0x6c6d6e6f(%rdi)',
    'lea 0x65(%rip), %rax',
    'mov 8(%rsp), %rax',
    'movb $1, 0x7f(%rsp)',
    'lock; addl $0, -4(%rsp)',
    'orq $0, -4096(%rsp)',
    'lea -40(%rsp), %rsp; mov %rax, (%rsp); add $40, %rsp',
    'nopl -8(%rsp)',
  ],
};

const cases = Object.entries(EXPECTED).flatMap(([found, list]) =>
  list.map((instruction) => ({ found, instruction })),
);
const names = cases.map((_, i) => `f${String(i).padStart(3, '0')}`);
const bodies: Record<string, string> = {};
cases.forEach(({ instruction }, i) => (bodies[names[i] ?? ''] = `${instruction}; ret`));
const findings = summary(findingsIn(shop, 'instructions.s', functions(bodies)));

describe('an instruction', () => {
  it.each(cases.map(({ found, instruction }, i) => [instruction, found, names[i] ?? '']))(
    '%s: %s',
    (_, found, name) => {
      const own = findings.filter((text) => text.startsWith(`${name} `)).map((text) => text.slice(5));
      expect(own).toEqual(found === '' ? [] : [found]);
    },
  );

  it('is reported once for each function, with the first place and the count', () => {
    const source = functions({
      once: 'nop; cli; sti; cli; cli; ret',
      again: 'cli; ret',
    });
    const found = findingsIn(shop, 'count.s', source);
    expect(summary(found)).toEqual(['once privileged cli x3', 'once privileged sti', 'again privileged cli']);
    expect(found[0]).toMatchObject({ section: '.text', offset: 1 });
  });
});

describe('what is looked at', () => {
  const check = (name: string, source: string, flags: readonly string[] = []): string[] =>
    summary(findingsIn(shop, name, source, flags));

  it('is functions in any executable section, aliases once', () => {
    const source = `.section .text.unlikely.x,"ax",@progbits\n${functions({ weak_one: 'hlt; ret' })}
      .weak weak_one\n.globl strong_one\n.type strong_one,@function\n.set strong_one, weak_one\n.size strong_one, 2\n
      .section .init,"ax",@progbits\n${functions({ started: 'hlt; ret' })}`;
    expect(check('sections.s', source)).toEqual(['strong_one halt', 'started halt']);
  });

  it('is not data behind a function, nor within the size it gives', () => {
    const source = `${functions({ texts: 'test %eax,%eax; je 1f; nop; 1: ret; .ascii "\\372\\373lmno\\364\\017\\060"' })}
      table: .byte 0xfa, 0xfb, 0xf4\n${functions({ after: 'ret' })}.data\n.byte 0xfa\n`;
    expect(check('data.s', source)).toEqual([]);
    const jumps = functions({ leaves: 'jmp elsewhere; .byte 0xfa, 0xfb' });
    expect(check('tail.s', jumps)).toEqual([]);
  });

  it('is what a jump table or a landing pad may lead to behind the last return', () => {
    const jump = functions({ jumps: 'jmp *(%rax); 1: ret; cli; ret' });
    expect(check('table.s', jump)).toEqual(['jumps privileged cli']);
    const thrown =
      'struct D { ~D() { __asm__ volatile("cli"); } }; void g(); void f() { D d; g(); __builtin_unreachable(); }';
    expect(check('pad.cc', thrown, ['-O2', '-fno-reorder-blocks-and-partition'])).toContain(
      '_Z1fv privileged cli',
    );
  });

  it('is a global label without type and size, as far as its flow goes', () => {
    const source = `.globl entry, table\nentry: test %eax,%eax\nje 1f\nret\n1: cli\njmp 2f\n2: ret\n.byte 0xfa\n
      hidden: sti\nret\n.data\ntable: .byte 0xfa\n`;
    expect(check('label.s', source)).toEqual(['entry privileged cli']);
  });

  it('is not code that no function symbol covers', () => {
    expect(check('nosymbol.s', '.text\ncli\nret\n')).toEqual([]);
  });
});
