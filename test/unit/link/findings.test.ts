import { mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check, type CheckOptions, type CheckResult } from '../../../src/check.js';
import type { Diagnostic } from '../../../src/errors/index.js';
import { findToolchain, parseProgramArguments, resolveInputs } from '../../../src/inputs/index.js';
import { RewriteCache } from '../../../src/rewrite/index.js';
import { codesOf, problemsOf } from '../../support/codes.js';
import { HELLO_C, Workshop, sharedCache } from './corpus.js';

const shop = new Workshop();
afterAll(() => shop.remove());

const MAIN = 'int main(void) { return 0; }';
const masks = (name: string): string => `void ${name}(void) { __asm__("cli"); }`;
let hello: string;
beforeAll(() => {
  hello = shop.compile('hello.c', HELLO_C);
});

const run = (program: readonly string[], options: Partial<CheckOptions> = {}): Promise<CheckResult> =>
  check({ program, cache: new RewriteCache(sharedCache), ...options });
const serious = ({ findings }: CheckResult): Diagnostic[] =>
  findings.filter(({ severity }) => severity !== 'note');

describe('a check of a program', () => {
  it('finds nothing but notes in hello and the libraries under it', async () => {
    const result = await run([hello]);
    expect(serious(result)).toEqual([]);
    expect(result.objects).toBeGreaterThan(100);
    const symbols = result.findings.map(({ code, symbol }) => `${code} ${symbol}`);
    expect(symbols).toContain('UKL2108 abort');
  });

  it('speaks of the members that are linked, unless of every one', async () => {
    const used = shop.compile('used.c', `${masks('used')} int one(void) { return 1; }`);
    const unused = shop.compile('unused.c', masks('unused'));
    const archive = shop.archive('lib.a', [used, unused]);
    const user = shop.compile('user.c', 'int one(void); int main(void) { return one(); }');
    const places = (result: CheckResult): unknown[] =>
      serious(result).map(({ file, symbol }) => [file, symbol]);
    expect(places(await run([user, archive]))).toEqual([[archive, 'used']]);
    const every = await run([archive], { everyMember: true });
    expect(places(every)).toEqual([
      [archive, 'used'],
      [archive, 'unused'],
    ]);
    expect(every.objects).toBe(2);
    expect(every.findings[1]).toMatchObject({
      code: 'UKL2105',
      member: expect.stringContaining('unused') as string,
    });
  });

  it('speaks of a COMDAT function once', async () => {
    const inline = 'inline __attribute__((noinline)) void f() { __asm__ volatile("cli"); }';
    const one = shop.compile('one.cc', `${inline} void g(); int main() { f(); g(); return 0; }`);
    const two = shop.compile('two.cc', `${inline} void g() { f(); }`);
    expect(serious(await run([one, two]))).toMatchObject([{ file: one, code: 'UKL2105', symbol: '_Z1fv' }]);
  });

  it('has what cannot be linked among its findings, all together', async () => {
    const far = shop.compile(
      'far.c',
      `int v[9]; int *f(void) { return v; } int g(void); int h(void) { return g(); } ${masks('c')}`,
      ['-fno-pie'],
    );
    const dynamic = shop.compile('dynamic.s', '.data\n.reloc ., R_X86_64_RELATIVE, x\nx: .quad 0\n');
    const codes = (await run([far, dynamic])).findings
      .filter(({ severity }) => severity !== 'note')
      .map(({ code }) => code);
    expect(codes).toEqual(['UKL2011', 'UKL2011', 'UKL2013', 'UKL2105', 'UKL2101']);
    expect(await codesOf(resolve([far, dynamic]))).toEqual(['UKL2011', 'UKL2011', 'UKL2013', 'UKL2101']);
  });

  it('goes on when a member is damaged, and says so of one that is linked', async () => {
    const bad = shop.compile('bad.s', '.globl bad\nbad: ret\n.section .note.x,"a",@note\n.long 400, 4, 1\n');
    const good = shop.compile('good.c', `${masks('good')} int one(void) { return 1; }`);
    const archive = shop.archive('damaged.a', [bad, good]);
    const user = shop.compile('needs-one.c', 'int one(void); int main(void) { return one(); }');
    expect(serious(await run([user, archive])).map(({ code }) => code)).toEqual(['UKL2105']);
    const every = await run([archive], { everyMember: true });
    expect(serious(every).map(({ code, file }) => [code, file])).toEqual([
      ['UKL1019', archive],
      ['UKL2105', archive],
    ]);
  });

  it('names files that are not there', async () => {
    expect(await codesOf(run(['nowhere.o', '-lnowhere']))).toEqual(['UKL6005', 'UKL2006']);
    expect(await codesOf(run(['nowhere.o'], { everyMember: true }))).toEqual(['UKL6005']);
    expect(await codesOf(run([]))).toEqual(['UKL2001']);
  });
});

const resolve = async (program: readonly string[], options: object = {}): Promise<readonly Diagnostic[]> =>
  (
    await resolveInputs(
      parseProgramArguments(program),
      await findToolchain(),
      new RewriteCache(sharedCache),
      options,
    )
  ).warnings;

describe('warnings of a link', () => {
  it('are none for hello, and no notes', async () => {
    expect(await resolve([hello])).toEqual([]);
  });

  it('can be made fatal, or be left out by code', async () => {
    const user = shop.compile('masked.c', `${masks('f')} ${MAIN}`);
    expect(await resolve([user])).toMatchObject([{ code: 'UKL2105', severity: 'warning' }]);
    expect(await problemsOf(resolve([user], { fatalWarnings: true }))).toMatchObject([
      { code: 'UKL2105', severity: 'error' },
    ]);
    expect(await resolve([user], { fatalWarnings: true, noWarn: ['UKL2105'] })).toEqual([]);
    expect(serious(await run([user], { fatalWarnings: true })).map(({ severity }) => severity)).toEqual([
      'error',
    ]);
  });

  it('cannot hide errors', async () => {
    const dynamic = shop.compile(
      'stays.s',
      '.globl main\nmain: ret\n.data\n.reloc ., R_X86_64_COPY, main\n.quad 0\n',
    );
    expect(await codesOf(resolve([dynamic], { noWarn: ['UKL2101'] }))).toEqual(['UKL2101']);
  });
});

describe('findings of a file', () => {
  it('are made once for its content, wherever it lies', async () => {
    const cache = join(shop.folder, 'cache');
    const first = shop.compile('first.c', `${masks('f')} ${MAIN}`);
    const before = await run([first], { cache: new RewriteCache(cache) });
    const kept = readdirSync(cache).filter((name) => name.endsWith('.findings'));
    expect(kept.length).toBeGreaterThan(3);
    // What is read is what is kept: a changed file shows it.
    for (const name of kept) {
      const path = join(cache, name);
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll('"cli"', '"sti"'));
      utimesSync(path, new Date(), new Date());
    }
    mkdirSync(shop.path('elsewhere'));
    const copy = shop.path('elsewhere/copy.o');
    writeFileSync(copy, readFileSync(first));
    const after = await run([copy], { cache: new RewriteCache(cache) });
    expect(serious(before)).toMatchObject([{ file: first, symbol: 'f' }]);
    expect(serious(before)[0]?.message).toContain('instruction cli');
    expect(serious(after)).toMatchObject([{ file: copy, symbol: 'f' }]);
    expect(serious(after)[0]?.message).toContain('instruction sti');
    expect(after.findings.length).toBe(before.findings.length);
  });
});
