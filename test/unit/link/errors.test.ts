import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UklError, type Diagnostic } from '../../../src/errors/index.js';
import {
  findToolchain,
  parseProgramArguments,
  resolveInputs,
  type ResolvedInputs,
  type Toolchain,
} from '../../../src/inputs/index.js';
import { RewriteCache } from '../../../src/rewrite/index.js';
import { HELLO_C, Workshop, sharedCache } from './corpus.js';

const shop = new Workshop();
const BASE = 0xffffffff_83000000n;
let toolchain: Toolchain;
let hello: string;
beforeAll(async () => {
  toolchain = await findToolchain();
  hello = shop.compile('hello.c', HELLO_C);
});
afterAll(() => shop.remove());

/** The problems that some work throws. */
async function problemsOf(work: () => unknown): Promise<readonly Diagnostic[]> {
  try {
    await work();
  } catch (error) {
    if (error instanceof UklError) return error.diagnostics;
    throw error;
  }
  return [];
}

const resolveWords = (...words: string[]): Promise<ResolvedInputs> =>
  resolveInputs(parseProgramArguments(words), toolchain, new RewriteCache(sharedCache));
const resolveProblems = (...words: string[]): Promise<readonly Diagnostic[]> =>
  problemsOf(() => resolveWords(...words));

/** A copy of hello.o with some bytes changed. */
function damaged(name: string, change: (bytes: Buffer) => Buffer): string {
  const path = shop.path(name);
  writeFileSync(path, change(readFileSync(hello)));
  return path;
}

function gcc(name: string, ...args: string[]): string {
  const path = shop.path(name);
  execFileSync('gcc', [...args, '-o', path], { stdio: 'ignore' });
  return path;
}

describe('the command line of a link', () => {
  it.each([
    [[], 'UKL2001'],
    [['-L.'], 'UKL2001'],
    [['a.o', '--frobnicate'], 'UKL2002'],
    [['a.o', '-l'], 'UKL2003'],
    [['--start-group', 'a.o'], 'UKL2004'],
    [['a.o', '--end-group'], 'UKL2005'],
    [['-(', '-(', 'a.o', '-)'], 'UKL2005'],
  ])('%j is refused with %s', async (words, code) => {
    const problems = await problemsOf(() => parseProgramArguments(words));
    expect(problems.map((d) => d.code)).toEqual([code]);
  });

  it('is read as ld and gcc read it', () => {
    const words = [
      'a.o',
      '-Wl,--start-group,-lb,-Lone',
      '-l',
      'c',
      '-Wl,--end-group',
      '--library-path=two',
      '-static',
    ];
    const parsed = parseProgramArguments([
      ...words,
      '-u',
      'sym',
      '-l:libd.a',
      '-pthread',
      '--whole-archive',
      'e.a',
    ]);
    expect(parsed).toEqual({
      inputs: [
        { kind: 'file', path: 'a.o' },
        { kind: 'group-start' },
        { kind: 'library', name: 'b', exact: false },
        { kind: 'library', name: 'c', exact: false },
        { kind: 'group-end' },
        { kind: 'library', name: 'libd.a', exact: true },
        { kind: 'whole-archive', on: true },
        { kind: 'file', path: 'e.a' },
      ],
      searchDirs: ['one', 'two'],
      wanted: ['sym'],
      wrapped: [],
      defined: [],
      stripAll: false,
      gcSections: false,
      printGcSections: false,
      multipleDefinitions: false,
    });
  });
});

describe('inputs that cannot be linked', () => {
  it.each([
    ['not an ELF file', () => damaged('text.o', () => Buffer.from('int main;\n')), 'UKL1001'],
    ['ELFCLASS32', () => damaged('class.o', (b) => (b.writeUInt8(1, 4), b)), 'UKL1002'],
    ['big-endian', () => damaged('data.o', (b) => (b.writeUInt8(2, 5), b)), 'UKL1003'],
    ['another machine', () => damaged('machine.o', (b) => (b.writeUInt16LE(183, 18), b)), 'UKL1004'],
    ['truncated', () => damaged('cut.o', (b) => b.subarray(0, b.length - 100)), 'UKL1005'],
    [
      'a truncated archive',
      () => damaged('cut.a', () => readFileSync(shop.archive('x.a', [hello])).subarray(0, 400)),
      'UKL1005',
    ],
    ['an absent file', () => shop.path('nothing.o'), 'UKL6005'],
    ['a folder', () => shop.folder, 'UKL6005'],
    ['a dynamic program', () => gcc('dyn', hello), 'UKL2008', /dynamically linked.*position-independent/],
    [
      'a dynamic non-PIE program',
      () => gcc('nopie', '-no-pie', hello),
      'UKL2008',
      /dynamically.*not position-independent/,
    ],
    [
      'a static program',
      () => gcc('static', '-static', hello),
      'UKL2008',
      /statically.*not position-independent/,
    ],
    ['a static PIE that is not alone', () => gcc('spie', '-static-pie', hello), 'UKL2040', /whole program/],
    ['a shared library', () => gcc('so', '-shared', hello), 'UKL2008', /shared library/],
    ['libc.so.6', () => '/lib/x86_64-linux-gnu/libc.so.6', 'UKL2008', /shared library/],
    ['an LTO object', () => shop.compile('lto.c', HELLO_C, ['-flto', '-fno-fat-lto-objects']), 'UKL2009'],
    ['a script', () => damaged('script.a', () => Buffer.from('SECTIONS { } INPUT(a.o)')), 'UKL2010'],
    ['an archive without index', () => shop.archive('noindex.a', [hello], 'rcS'), 'UKL1032'],
  ])('%s', async (_, make, code, message = /./) => {
    const path = make();
    const problems = await resolveProblems(hello, path);
    expect(problems.map((d) => d.code)).toEqual([code]);
    expect(problems[0]?.file).toBe(path);
    expect(problems[0]?.message).toMatch(message);
  });

  it('are all named in one run, libraries included', async () => {
    const problems = await resolveProblems(
      'absent.o',
      damaged('text2.o', () => Buffer.from('?')),
      '-lnowhere',
      '-l:x.so',
    );
    expect(problems.map((d) => d.code)).toEqual(['UKL6005', 'UKL1001', 'UKL2006', 'UKL2006']);
    expect(problems[2]?.message).toContain('libnowhere.a');
  });

  it('a library that is there only as a shared one', async () => {
    mkdirSync(shop.path('so-dir'));
    writeFileSync(shop.path('so-dir/libshared.so'), '');
    const [problem] = await resolveProblems(hello, '-lshared', `-L${shop.path('so-dir')}`);
    expect(problem).toMatchObject({ code: 'UKL2007', file: shop.path('so-dir/libshared.so') });
  });
});

describe('symbols', () => {
  it('names every undefined one and who refers to it', async () => {
    const user = shop.compile(
      'u.c',
      'int one(void); extern int two; int f(void) { return one(); } int main(void) { return one() + two + f(); }',
    );
    const archived = shop.compile('ar.c', 'int three(void); int in_archive(void) { return three(); }');
    const caller = shop.compile('call.c', 'int in_archive(void); int call(void) { return in_archive(); }');
    const archive = shop.archive('libar.a', [archived]);
    const problems = await resolveProblems(user, caller, archive);
    expect(problems.map((d) => [d.code, d.symbol])).toEqual([
      ['UKL2011', 'one'],
      ['UKL2011', 'two'],
      ['UKL2011', 'three'],
    ]);
    expect(problems[0]?.message).toContain(`${user}: f (.text)`);
    expect(problems[0]?.message).toContain(`${user}: main (.text)`);
    expect(problems[2]?.message).toMatch(/libar\.a\(ar\.c\..*o\): in_archive \(\.text\)/);
  });

  it('asks for main when there is none', async () => {
    const [problem] = await resolveProblems(shop.compile('nomain.c', 'int f(void) { return 0; }'));
    expect(problem).toMatchObject({ code: 'UKL2011', symbol: 'main' });
    expect(problem?.hint).toContain('main');
  });

  it('does not miss what only discarded or debug sections refer to', async () => {
    const one = (name: string, extra: string): string =>
      shop.compile(
        `${name}.s`,
        `.section .text.g,"axG",@progbits,group_g,comdat\n${extra}\n.globl ${name}\n${name}: ret\n.text\n`,
      );
    const main = shop.compile(
      'dm.c',
      '__asm__(".section .debug_x; .quad nobody; .text"); void g1(void); int main(void) { g1(); return 0; }',
      ['-g'],
    );
    expect(await resolveProblems(main, one('g1', 'nop'), one('g2', 'call nobody'))).toEqual([]);
    expect((await resolveProblems(main, one('g1', 'call nobody'))).map((d) => d.symbol)).toEqual(['nobody']);
  });

  it('keeps the name of the kernel’s entry free', async () => {
    const defines = shop.compile('entry.c', 'void entry_SYSCALL_64(void) {} int main(void) { return 0; }');
    const weak = shop.compile(
      'weak.c',
      '__attribute__((weak)) void entry_SYSCALL_64(void); int main(void) { return entry_SYSCALL_64 != 0; }',
    );
    const own = shop.compile(
      'own.c',
      'static void entry_SYSCALL_64(void) {} int main(void) { entry_SYSCALL_64(); }',
    );
    expect(await resolveProblems(defines)).toMatchObject([
      { code: 'UKL2021', file: defines, section: '.text' },
    ]);
    expect(await resolveProblems(weak)).toMatchObject([{ code: 'UKL2011', symbol: 'entry_SYSCALL_64' }]);
    expect(await resolveProblems(own)).toEqual([]);
  });

  it('names both places of every duplicate', async () => {
    const a = shop.compile('da.c', 'int same = 1; int also = 1; int main(void) { return 0; }');
    const b = shop.compile(
      'db.c',
      'int same = 2; int also = 2; __attribute__((weak)) int main(void) { return 1; }',
    );
    const problems = await resolveProblems(a, b);
    expect(problems.map((d) => [d.code, d.symbol]).sort()).toEqual([
      ['UKL2012', 'also'],
      ['UKL2012', 'same'],
    ]);
    for (const { message } of problems) expect(message).toMatch(new RegExp(`${a}.*${b}`));
  });

  it('warns of what the library warns of', async () => {
    const user = shop.compile(
      'gai.c',
      [
        '#include <dlfcn.h>\n#include <netdb.h>\n#include <stdlib.h>',
        'char *name; int main(void) { return getaddrinfo("", "", 0, 0) + (dlopen("", 1) == mktemp(name)); }',
      ].join('\n'),
    );
    const { warnings } = await resolveWords(user);
    const warning = { code: 'UKL2017', severity: 'warning' };
    const hint = (text: string): string => expect.stringContaining(text) as string;
    expect(warnings.filter((d) => d.file === user)).toMatchObject([
      { ...warning, symbol: 'getaddrinfo', hint: hint('/etc/nsswitch.conf') },
      { ...warning, symbol: 'dlopen', hint: hint('root file system') },
      { ...warning, symbol: 'mktemp', hint: hint('author') },
    ]);
  });
});

describe('relocations out of reach', () => {
  it('are all found before ld runs, with the place and the flags', async () => {
    const small = shop.compile(
      'small.c',
      'int v[9]; int f(int i) { return v[i]; } int *p(void) { return v; } int main(void) { return f(0) + *p(); }',
      ['-fno-pie', '-mcmodel=small', '-O2'],
    );
    const other = shop.compile('other.c', 'extern int v[9]; int *q(void) { return v; }', ['-fno-pie']);
    const problems = await resolveProblems(small, other);
    expect(problems).toMatchObject([
      { code: 'UKL2013', file: small, section: '.text', symbol: 'v' },
      { code: 'UKL2013', file: other, section: '.text', symbol: 'v', offset: 1 },
    ]);
    expect(problems[0]?.hint).toContain('-mcmodel=kernel');
  });

  it('are not those against constants, null references and in sections that are not loaded', async () => {
    const fine = shop.compile(
      'fine.s',
      `.globl main, constant\n.set constant, 42\n.weak nothing\nmain: movl $constant, %eax\nmovl $nothing, %ecx\nret\n
       .section .debug_y,"",@progbits\n.long main\n`,
    );
    expect(await resolveProblems(fine)).toEqual([]);
  });

  it('that only ld sees are reported in its words, with the names the user knows', async () => {
    const far = shop.compile(
      'far.s',
      '.globl main\nmain: jmp far_away\n.globl far_away\n.set far_away, 0x1234567812345678\n',
    );
    const error = await shop.link([far], BASE).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UklError);
    const [problem] = (error as UklError).diagnostics;
    expect(problem?.code).toBe('UKL2014');
    expect(problem?.message).toContain(`${far}: in function \`main'`);
    expect(problem?.message).toContain('against symbol `far_away');
  });

  it('of the large code model, which no list can express, is refused', async () => {
    const pc64 = shop.compile('pc64.s', '.globl main\n.weak nothing\nmain: ret\n.data\n.quad nothing - .\n');
    await expect(shop.link([pc64], BASE)).rejects.toMatchObject({
      diagnostics: [{ code: 'UKL2015', section: '.data' }],
    });
  });
});
