import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  findToolchain,
  ldInputs,
  parseProgramArguments,
  resolveInputs,
  type Toolchain,
} from '../../../src/inputs/index.js';
import { LINKER_SCRIPT, type LdInput } from '../../../src/ld/run-ld.js';
import { RewriteCache } from '../../../src/rewrite/index.js';
import { CXX_CC, HELLO_C, TLS_C, Workshop, WORDS_C, sharedCache } from './corpus.js';

const shop = new Workshop();
let toolchain: Toolchain;
beforeAll(async () => {
  toolchain = await findToolchain();
});
afterAll(() => shop.remove());

/** The files and members that our resolution takes, as `ld --trace` names them. */
async function ours(words: readonly string[]): Promise<string[]> {
  return (await resolveInputs(parseProgramArguments(words), toolchain, new RewriteCache(sharedCache))).objects
    .map(
      ({
        input: {
          elf: { origin },
        },
      }) => (origin.member ? `(${origin.file})${origin.member}` : `${origin.file}`),
    )
    .sort();
}

const flat = (inputs: readonly LdInput[]): string[] =>
  inputs.flatMap((input) => {
    if (input.kind === 'group') return ['--start-group', ...flat(input.items), '--end-group'];
    if (input.kind === 'object' || !input.whole) return [input.path];
    return ['--whole-archive', input.path, '--no-whole-archive'];
  });

/** The script spells traditional names as a prefixed program does. */
const NAMES = ['__ukl_link_base=0x400000', 'end=0', 'edata=0', 'etext=0'].map((name) => `--defsym=${name}`);

/** Those that GNU ld takes. */
async function theirs(words: readonly string[]): Promise<string[]> {
  const program = parseProgramArguments(words);
  const inputs = flat(
    ldInputs((await resolveInputs(program, toolchain, new RewriteCache(sharedCache))).items, new Map()),
  );
  const wanted = program.wanted.map((name) => `--undefined=${name}`);
  const base = ['-static', '-nostdlib', '-T', LINKER_SCRIPT, ...NAMES];
  const output = execFileSync(
    'ld',
    ['--trace', '--trace', ...base, '-o', shop.path('traced'), ...wanted, ...inputs],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  // ld opens each object once more to say that it takes it; scripts and archives are named without a member.
  const lines = output.split('\n').filter((line) => line !== '' && !/^[^(].*\.a$/.test(line));
  return [...new Set(lines)].sort();
}

const c = (name: string, source: string): string => shop.compile(name, source);

describe('symbol resolution takes what GNU ld takes', () => {
  it('from libc for hello', async () => {
    const words = [c('hello.c', HELLO_C)];
    expect(await ours(words)).toEqual(await theirs(words));
  });

  it('from libc, libm and libgcc for threads, TLS and names of the linker', async () => {
    const words = [c('words.c', WORDS_C), c('tls.c', TLS_C), '-lm', '-lpthread'];
    expect(await ours(words)).toEqual(await theirs(words));
  });

  it('from libstdc++ for C++ with exceptions and threads', async () => {
    const words = [c('cxx.cc', CXX_CC)];
    expect(await ours(words)).toEqual(await theirs(words));
  });

  it('from archives in their order, groups, with -u, whole, and twice', async () => {
    const main = c('m.c', 'int a(void); int main(void) { return a(); }');
    const a = c('a.c', 'int b(void); int a(void) { return b(); }');
    const b = c('b.c', 'int spare(void); int b(void) { return 0; } int b2(void) { return spare(); }');
    const spare = c('spare.c', 'int spare(void) { return 1; }');
    const extra = c('extra.c', 'int extra(void) { return 2; }');
    const one = shop.archive('libone.a', [b, extra]);
    const two = shop.archive('libtwo.a', [a, spare]);
    for (const words of [
      [main, '--start-group', one, two, '--end-group'],
      [main, '-Wl,--start-group', '-lone', '-ltwo', '-Wl,--end-group', '-L', shop.folder],
      [main, two, one, two],
      [main, '-u', 'extra', two, '-l:libone.a', `-L${shop.folder}`, two],
      [main, two, '--whole-archive', one, '--no-whole-archive', two],
    ]) {
      expect(await ours(words)).toEqual(await theirs(words));
    }
  });

  it('when weak references, common blocks and COMDAT groups meet archives', async () => {
    const main = c(
      'w.c',
      `int block[4] __attribute__((common)); int other[2] __attribute__((common));
       __attribute__((weak)) int never(void); int called(void);
       int main(void) { return block[0] + other[0] + (never ? never() : 0) + called(); }`,
    );
    const weak = c('never.c', 'int never(void) { return 1; }');
    const real = c('block.c', 'int block[4] = {1, 2, 3, 4};');
    const common = c('other.c', 'int other[2] __attribute__((common)); int unused_other;');
    const called = c('called.c', '__attribute__((weak)) int called(void) { return 0; }');
    const calledToo = c('calledtoo.c', 'int called(void) { return 5; } int called_too;');
    const archive = shop.archive('libw.a', [weak, real, common, called, calledToo]);
    expect(await ours([main, archive])).toEqual(await theirs([main, archive]));

    const inline = (name: string): string =>
      c(
        `${name}.cc`,
        `inline int shared(int x) { static int n; return n += x; } int ${name}(int x) { return shared(x); }`,
      );
    const use = c('use.cc', 'int f1(int); int f2(int); int main() { return f1(1) + f2(2); }');
    const words = [use, inline('f1'), shop.archive('libf.a', [inline('f2')])];
    expect(await ours(words)).toEqual(await theirs(words));
  });

  it('from thin archives, archives of archives included', async () => {
    const main = c('tm.c', 'int ta(void); int tb(void); int main(void) { return ta() + tb(); }');
    const ta = c('ta.c', 'int ta(void) { return 1; }');
    const tb = c('tb.c', 'int tb(void) { return 1; }');
    const inner = shop.archive('libinner.a', [tb]);
    const thin = shop.archive('libthin.a', [ta, inner], 'rcsT');
    // ld names the files that the thin archive stands for.
    expect((await ours([main, thin])).length).toBe((await theirs([main, thin])).length);
  });

  it('finds an archive member by a default version', async () => {
    const main = c('vm.c', 'int versioned(void); int main(void) { return versioned(); }');
    const versioned = c('v.c', '__asm__(".symver impl, versioned@@V1"); int impl(void) { return 0; }');
    const words = [main, shop.archive('libv.a', [versioned])];
    expect(await ours(words)).toEqual(await theirs(words));
  });
});
