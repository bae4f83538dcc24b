import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/host/index.js';
import { Workshop } from '../link/corpus.js';
import { findingsIn, functions } from './objects.js';

const shop = new Workshop();
afterAll(() => shop.remove());

/** Names of the functions found to use the red zone, sorted. */
const users = (name: string, source: string, flags: readonly string[] = []): string[] =>
  findingsIn(shop, name, source, flags)
    .filter(({ check }) => check === 'redZone')
    .map(({ symbol }) => symbol)
    .sort();

/** Leaf functions that need memory of their own, and functions that do not use the red zone however they are compiled. */
const LEAVES = `
  struct big { volatile int a[12]; };
  int stores(int i) { struct big b; b.a[i] = 1; b.a[0] = 2; return b.a[i]; }
  int indexes(int n, const int *p) { volatile int t[8]; for (int i = 3; i < n; i++) t[i - 3] = p[i]; return t[2]; }
  double moves(double x) { volatile double d = x; return d * 2; }
  int spills(int n) { volatile int a = n, b = n + 1, c = n + 2, d = n + 3; return a * b * c * d; }
  void copies(volatile char *out, int n) { volatile char t[24]; for (int i = 0; i < n; i++) t[i] = i; for (int i = 0; i < n; i++) out[i] = t[i]; }
`;
const LEAF_NAMES = ['copies', 'indexes', 'moves', 'spills', 'stores'];
const OTHERS = `
  int plain(int a, int b) { return a + b; }
  int called(int *); int calls(int n) { int v[n + 1]; v[0] = n; return called(v) + v[n - 1]; }
  int nested(int n) { int v[4] = {n}; called(v); return v[3]; }
  int large(int n) { volatile int v[100]; v[n] = 1; return called((int *)v) + v[n - 1]; }
  int variable(int n, int a, int b, int c, int d, int e, int f, int g) { return n + g + f; }
`;

const LEVELS = ['-O0', '-O1', '-O2', '-O3', '-Os'];
const FRAMES = ['-fomit-frame-pointer', '-fno-omit-frame-pointer'];
const ways = LEVELS.flatMap((level) => FRAMES.map((frame) => [level, frame]));

describe('the red zone', () => {
  it.each(ways)('is found in every leaf function that has variables, with %s %s', (...flags) => {
    expect(users('leaves.c', LEAVES, flags)).toEqual(LEAF_NAMES);
  });

  it.each(ways)('is found nowhere else, with %s %s', (...flags) => {
    const found = users('others.c', OTHERS, flags);
    // Without optimisation, arguments of a leaf function are variables.
    expect(found).toEqual(flags.includes('-O0') ? ['plain', 'variable'] : []);
    expect(users('none.c', LEAVES + OTHERS, [...flags, '-mno-red-zone'])).toEqual([]);
    expect(
      users('probes.c', LEAVES + OTHERS, [...flags, '-mno-red-zone', '-fstack-clash-protection']),
    ).toEqual([]);
    expect(users('checks.c', LEAVES + OTHERS, [...flags, '-mno-red-zone', '-fstack-check'])).toEqual([]);
  });

  it('is found in none of the fixtures compiled without it', () => {
    const folder = join(packageRoot, 'fixtures');
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.c'),
    );
    expect(sources.length).toBeGreaterThan(10);
    for (const [i, name] of sources.entries()) {
      const source = readFileSync(join(folder, name), 'utf8');
      if (source.includes('asm')) continue;
      const flags = ['-mno-red-zone', '-D_GNU_SOURCE', '-w', '-I', folder, '-I', join(folder, name, '..')];
      // These write far below their frames, to see what comes of it.
      const meant = ['onStack', 'overflow'];
      const found = users(`fixture${i}.c`, source, flags).filter((symbol) => !meant.includes(symbol));
      expect(found, name).toEqual([]);
    }
  });

  it('is not what assembler reaches on a stack that it has lowered', () => {
    const source = functions({
      frame: 'push %rbp; mov %rsp,%rbp; push %rbx; sub $40,%rsp; mov %eax,-48(%rbp); leave; ret',
      below: 'push %rbp; mov %rsp,%rbp; push %rbx; sub $40,%rsp; mov %eax,-56(%rbp); leave; ret',
      add: 'push %rbp; mov %rsp,%rbp; add $-128,%rsp; mov %eax,-128(%rbp); leave; ret',
      lea: 'push %rbp; mov %rsp,%rbp; lea -64(%rbp),%rsp; mov %eax,-64(%rbp); leave; ret',
      align: 'push %rbp; mov %rsp,%rbp; and $-64,%rsp; mov %eax,-64(%rbp); leave; ret',
      early:
        'push %rbp; mov %rsp,%rbp; test %eax,%eax; je 1f; pop %rbp; ret; 1: push %rbx; push %rcx; mov %eax,-16(%rbp); ret',
      data: 'mov -8(%rbp), %rax; ret',
      folded: 'sub $64,%rsp; mov -8(%rsp,%rax,8),%rbx; add $64,%rsp; ret',
      unfolded: 'mov -8(%rsp,%rax,8),%rbx; ret',
      probe: 'lea -8192(%rsp),%r11; 1: sub $4096,%rsp; orq $0,(%rsp); cmp %r11,%rsp; jne 1b; ret',
      address: 'lea -32(%rsp),%rax; movb $0,(%rax); ret',
    });
    expect(users('frames.s', source)).toEqual(['address', 'below', 'unfolded']);
  });
});
