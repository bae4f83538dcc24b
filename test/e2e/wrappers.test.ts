/** `ukl-gcc` and its like against plain gcc: the same command lines, the same results; then what `ukl-link` makes of them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { bin, hasRecord, runBoth, sectionsOf, withoutRecord, wrapperPath } from '../support/wrappers.js';
import { Workshop } from '../unit/link/corpus.js';

const shop = new Workshop();
afterAll(() => shop.remove());
let folder: string;
let runs = 0;
beforeEach(() => {
  folder = shop.path(`run${runs++}`);
  mkdirSync(folder);
});

const SOURCES = {
  'main.c':
    '#include <stdio.h>\nint twice(int);\nint main(int n, char **v) { (void)v; printf("%d\\n", twice(n + 20)); return 0; }\n',
  'twice.c': 'int twice(int n) { return 2 * n; }\n',
  'broken.c': 'int main(void) { return undeclared; }\n',
  'lost.c': 'int nowhere(void);\nint main(void) { return nowhere(); }\n',
  'all.cc':
    '#include <iostream>\n#include <string>\nint main() { try { throw std::string("caught"); } catch (std::string &s) { std::cout << s << "\\n"; } }\n',
  'all.rsp': '-O2 "main.c" twice.c\n-o \'with blank\'\n',
  'flags.rsp': '-Wl,--as-needed -lm',
};

describe('the same as plain gcc', () => {
  it.each([
    // Compile steps.
    '$CC -c main.c',
    '$CC -O2 -g -c main.c -o x.o && $CC -S main.c -o - && $CC -E -dM -x c /dev/null | sort',
    'echo "int x;" | $CC -x c - -c -o x.o',
    '$CC -MMD -MF x.d -pipe -c main.c -o x.o',
    '$CC -c broken.c',
    '$CC -v -c main.c 2>&1 | grep -v "^COMPILER_PATH="',
    '$CC -print-search-dirs | grep -v ^programs; $CC -dumpversion; $CC -print-file-name=libc.a; $CC --version',
    '$CC',
    '$CC --no-such-option main.c',
    // Links that make an executable.
    '$CC main.c twice.c',
    '$CC -g -O2 main.c twice.c -o prog && ./prog',
    '$CC -static main.c twice.c -o prog && ./prog',
    '$CC -static-pie main.c twice.c -o prog && ./prog',
    '$CC -no-pie -s main.c twice.c -oprog && ./prog',
    '$CC -pie -fPIE -Wl,-z,now,-O1 main.c twice.c -o prog -lm && ./prog',
    '$CC @all.rsp @flags.rsp && "./with blank"',
    '$CC -c main.c twice.c && $CC -o prog main.o twice.o -Wl,-Map=prog.map && ./prog',
    '$CC -c twice.c && ar rc libtwice.a twice.o && $CC main.c -L. -ltwice -o prog && ./prog',
    '$CC -c twice.c && ar rcT libtwice.a twice.o && $CC main.c libtwice.a -o prog && ./prog',
    '$CC -shared -fPIC twice.c -o libtwice.so && $CC main.c -L. -ltwice -Wl,-rpath,. -o prog && ./prog',
    ...['bfd', 'gold', 'lld', 'mold'].map(
      (linker) => `$CC -fuse-ld=${linker} main.c twice.c -o prog && ./prog`,
    ),
    '$CXX -O1 all.cc -o prog && ./prog',
    'name=$(printf "new\\nline and blank"); mkdir "$name"; $CC main.c twice.c -o "$name/prog" && "$name/prog"',
    '$CC -save-temps main.c twice.c -o prog && ./prog',
    'umask 027; $CC main.c twice.c -o prog; stat -c %a prog; $CC main.c twice.c -o prog; stat -c %a%h prog',
    // Links that make none.
    '$CC -c main.c twice.c && $CC -r -nostdlib main.o twice.o -o both.o',
    '$CC -shared -fPIC twice.c -o libtwice.so',
    '$CC main.c twice.c -o /dev/null; test -c /dev/null',
    '$CC lost.c -o prog 2>&1 | sed s,/usr/lib.*crt1,crt1,',
    '$CC main.c -lno_such_library -o prog',
    '$CC main.c twice.c -o no/such/folder/prog',
    '$CC main.c twice.c -Wl,--version 2>/dev/null',
    '$CC -v main.c twice.c -o prog 2>&1 | grep -v "^COMPILER_PATH="',
    '$CC -Wl,--no-such-option main.c twice.c -o prog',
  ])('%s', (script) => {
    const { plain, wrapped } = runBoth(folder, SOURCES, script);
    expect(wrapped).toMatchObject({
      status: plain.status,
      signal: plain.signal,
      stdout: plain.stdout,
      stderr: plain.stderr,
    });
    expect([...wrapped.files.keys()]).toEqual([...plain.files.keys()]);
    for (const [name, content] of wrapped.files) {
      const expected = plain.files.get(name) ?? Buffer.alloc(0);
      const same = hasRecord(content) ? withoutRecord(content, expected) : content;
      expect(same.equals(expected), `${name} is what gcc makes`).toBe(true);
    }
  });

  it('with link-time optimisation, and the record holds machine code', () => {
    const script = '$CC -flto -O2 main.c twice.c -o prog && ./prog';
    const { plain, wrapped } = runBoth(folder, SOURCES, script);
    expect(wrapped).toMatchObject({ status: 0, stdout: plain.stdout, stderr: plain.stderr });
    const [made, expected] = [wrapped, plain].map(({ files }) => files.get('prog') ?? Buffer.alloc(0));
    expect(withoutRecord(made!, expected!).equals(expected!)).toBe(true);
    expect(hasRecord(made!)).toBe(true);
    expect(made!.includes('__gnu_lto_slim')).toBe(false);
  });

  it('records an executable, and nothing else', () => {
    const script =
      '$CC main.c twice.c -o prog && $CC -shared -fPIC twice.c -o lib.so && $CC -c main.c && $CC -r main.o -nostdlib -o r.o';
    const { wrapped } = runBoth(folder, SOURCES, script);
    const recorded = [...wrapped.files].filter(([, content]) => hasRecord(content)).map(([name]) => name);
    expect(recorded).toEqual(['prog']);
  });

  it('leaves an old file alone that a linker has not written', () => {
    const script = '$CC main.c twice.c; cp a.out old; ${LD:-ld} --version >version; ${LD:-ld} -v >>version';
    const { plain, wrapped } = runBoth(folder, SOURCES, script);
    expect(wrapped.files.get('version')).toEqual(plain.files.get('version'));
    expect(wrapped.files.get('a.out')).toEqual(wrapped.files.get('old'));
  });
});

describe('the wrappers themselves', () => {
  const sh = (script: string, env: NodeJS.ProcessEnv = {}) =>
    spawnSync('sh', ['-c', script], {
      cwd: folder,
      env: { ...process.env, LC_ALL: 'C', PATH: wrapperPath, ...env },
      encoding: 'utf8',
    });

  beforeEach(() => {
    for (const [name, text] of Object.entries(SOURCES)) writeFileSync(join(folder, name), text);
  });

  it('may be linked to, relatively, and stand in for gcc under its own name', () => {
    mkdirSync(join(folder, 'tools'));
    symlinkSync(join(bin, 'ukl-gcc'), join(folder, 'tools/first'));
    symlinkSync('first', join(folder, 'tools/gcc'));
    expect(sh('PATH=$PWD/tools:$PATH gcc main.c twice.c -o prog && ./prog')).toMatchObject({
      status: 0,
      stdout: '42\n',
      stderr: '',
    });
    expect(hasRecord(readFileSync(join(folder, 'prog')))).toBe(true);
  });

  it('run the compiler that UKL_GCC names', () => {
    writeFileSync(join(folder, 'mycc'), '#!/bin/sh\necho "mine: $*"\n');
    chmodSync(join(folder, 'mycc'), 0o755);
    expect(sh('ukl-gcc -c a.c', { UKL_GCC: join(folder, 'mycc') }).stdout).toBe('mine: -c a.c\n');
  });

  it('pass the other tools through', () => {
    const script =
      'ukl-gcc -c twice.c && ukl-ar rc lib.a twice.o && ukl-ranlib lib.a && ukl-nm lib.a | grep -c twice';
    expect(sh(script)).toMatchObject({ status: 0, stdout: '2\n', stderr: '' });
    expect(sh('ukl-ld --version').stdout).toBe(sh('ld --version').stdout);
  });

  it('say of a linker that a signal ends what gcc says', () => {
    mkdirSync(join(folder, 'dying'));
    writeFileSync(join(folder, 'dying/ld'), '#!/bin/sh\nkill -KILL $$\n');
    chmodSync(join(folder, 'dying/ld'), 0o755);
    const script = (cc: string): string => `PATH=$PWD/dying:$PATH ${cc} main.c twice.c -o prog`;
    const [wrapped, plain] = ['ukl-gcc', 'gcc'].map((cc) => sh(script(cc)));
    expect(plain?.stderr).toContain('signal 9');
    expect(wrapped?.stderr).toBe(plain?.stderr);
    expect(wrapped?.status).toBe(plain?.status);
  });

  it('link as gcc does where there is no node', () => {
    mkdirSync(join(folder, 'few'));
    for (const tool of ['gcc', 'as', 'ld', 'sh', 'ukl-gcc']) {
      const path = execFileSync('sh', ['-c', `command -v ${tool}`], {
        env: { PATH: wrapperPath },
        encoding: 'utf8',
      });
      symlinkSync(path.trim(), join(folder, 'few', tool));
    }
    symlinkSync('/usr/bin/readlink', join(folder, 'few/readlink'));
    expect(sh('ukl-gcc main.c twice.c -o prog', { PATH: join(folder, 'few') })).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(hasRecord(readFileSync(join(folder, 'prog')))).toBe(false);
  });
});

describe('an executable of theirs', () => {
  /** Runs a script with the wrappers in a new folder, and gives the folder. */
  function build(script: string, sources: Readonly<Record<string, string>> = SOURCES): string {
    for (const [name, text] of Object.entries(sources)) writeFileSync(join(folder, name), text);
    const env = { ...process.env, PATH: wrapperPath, CC: 'ukl-gcc', CXX: 'ukl-g++' };
    execFileSync('sh', ['-ec', script], { cwd: folder, env, stdio: 'pipe' });
    return folder;
  }
  const link = (program: string, ...words: string[]) =>
    runCli([`--with-program=${program}`, ...words, '-o', 'image', '--json'], { cwd: folder });

  it.each([
    ['of several sources at once', '$CC main.c twice.c -o prog; rm *.c'],
    [
      'of objects, stripped',
      '$CC -g -c main.c twice.c; $CC main.o twice.o -o prog; rm *.o; strip --strip-all prog',
    ],
    ['installed', '$CC main.c twice.c -o built; install -s built prog; rm built'],
    [
      'of a thin archive',
      '$CC -c twice.c; ar rcT libtwice.a twice.o; $CC main.c libtwice.a -o prog; rm *.a *.o',
    ],
    [
      'of a shared library with an archive beside it',
      '$CC -fPIC -c twice.c; ar rc libtwice.a twice.o; $CC -shared twice.o -o libtwice.so; $CC main.c -L. -ltwice -Wl,-rpath,$PWD -o prog; rm *.a',
    ],
    [
      'of link-time optimised objects',
      '$CC -flto -O2 -c main.c twice.c; $CC -flto main.o twice.o -o prog; rm *.o',
    ],
    ['of gold', '$CC -fuse-ld=gold main.c twice.c -o prog'],
    ['of lld', '$CC -fuse-ld=lld -Wl,--icf=all,--threads=2,--color-diagnostics main.c twice.c -o prog'],
    ['of mold', '$CC -fuse-ld=mold -Wl,--no-quick-exit main.c twice.c -o prog'],
    ['of mold and link-time optimised objects', '$CC -flto -O2 -fuse-ld=mold main.c twice.c -o prog'],
    ['of clang', 'UKL_GCC=clang $CC -O2 main.c twice.c -o prog'],
    [
      'of clang, lld and link-time optimised objects',
      'export UKL_GCC=clang; $CC -flto -c main.c twice.c; ar rc libtwice.a twice.o; $CC -flto -fuse-ld=lld main.o libtwice.a -o prog',
    ],
    [
      'of objects that ccache had',
      'export CCACHE_DIR=$PWD/cache; for i in 1 2; do ccache $CC -c main.c; PATH=/usr/lib/ccache:$PATH $CC -c twice.c; done; ccache -s | grep -q "Hits: *2 /"; ccache $CC main.o twice.o -o prog; rm -r cache',
    ],
    ['of C++', '$CXX all.cc -o prog; rm *.cc'],
    ['static', '$CC -static main.c twice.c -o prog'],
    ['static-pie', '$CC -static-pie main.c twice.c -o prog'],
    ['with a library that nothing needs', '$CC main.c twice.c -o prog -Wl,--no-as-needed -lanl'],
  ])('%s still runs, and is linked into an image', async (_, script) => {
    build(script);
    expect(execFileSync(join(folder, 'prog'), { encoding: 'utf8' })).toMatch(/^(42|caught)\n$/);
    expect(sectionsOf(join(folder, 'prog'))).toContain('.ukl.link');
    expect(await link('prog')).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(join(folder, 'image'))).toBe(true);
  });

  it('is named with its inputs when one of these is wrong', async () => {
    build('$CC -c twice.c; $CC main.c twice.o -o prog; rm twice.o');
    writeFileSync(join(folder, 'again.c'), 'int twice(int n) { return n; }\n');
    execFileSync('gcc', ['-c', 'again.c'], { cwd: folder });
    const { status, stderr } = await link('prog', 'again.o');
    expect(status).toBe(1);
    expect(stderr).toMatch(/UKL2012: symbol twice is defined twice: in prog\(twice\.o\) and in again\.o/);
  });

  it('is refused without its own library’s archive, by what to build', async () => {
    build('$CC -shared -fPIC twice.c -o libtwice.so; $CC main.c -L. -ltwice -o prog');
    const { status, stderr } = await link('prog');
    expect(status).toBe(1);
    expect(stderr).toMatch(/UKL2011: undefined symbol twice/);
    expect(stderr).toMatch(/UKL2036: .*libtwice\.so[^]*--enable-static/);
  });

  it('is refused when its link cannot mean a program in the slot', async () => {
    build('$CC -no-pie -Wl,-Ttext-segment=0x600000 main.c twice.c -o prog');
    const { status, stderr } = await link('prog');
    expect(status).toBe(1);
    expect(stderr).toMatch(/UKL2030: .*-Ttext-segment/);
  });

  it.each([
    ['by a wrapper', 'gcc main.c twice.c -o prog'],
    [
      'by the linker that a wrapper gives',
      'mkdir b; ln -s /usr/bin/ld b; $CC -B$PWD/b main.c twice.c -o prog',
    ],
  ])('is said to be no input when it was not linked %s', async (_, script) => {
    build(script);
    expect((await link('prog')).stderr).toMatch(/UKL2008[^]*ukl-gcc[^]*-B[^]*-fuse-ld=/);
  });

  it('is linked with a word about options that only its linker has', async () => {
    build('$CC -fuse-ld=lld -Wl,--mmap-output-file main.c twice.c -o prog');
    const { status, stderr } = await runCli(['--with-program=prog', '-o', 'image'], { cwd: folder });
    expect(stderr).toMatch(/warning UKL2045: ld\.lld linked it with --mmap-output-file, .*\n +in prog/);
    expect(status).toBe(0);
  });

  it('is what objects of clang’s link-time optimisation need', async () => {
    build('clang -flto -c main.c twice.c; ar rc libtwice.a twice.o; $CC -c main.c -o native.o');
    expect((await link('main.o')).stderr).toMatch(/UKL2009[^]*main\.o[^]*ukl-gcc/);
    expect((await link('native.o', 'libtwice.a')).stderr).toMatch(/UKL2009[^]*libtwice\.a/);
  });

  it('is not replaced by its own image', async () => {
    build('$CC main.c twice.c -o prog');
    const { status, stderr } = await runCli(['--with-program=prog', '-o', 'prog'], { cwd: folder });
    expect(status).toBe(1);
    expect(stderr).toMatch(/UKL2018/);
  });

  it('says to inspect what it carries', async () => {
    build('$CC -c twice.c; $CC main.c twice.o -o prog -lanl -Wl,--no-as-needed -lresolv');
    const { stdout } = await runCli(['inspect', 'prog', '--json'], { cwd: folder });
    const [report] = (JSON.parse(stdout) as { files: { link: unknown }[] }).files;
    expect(report?.link).toMatchObject({
      linker: 'ld',
      libraries: ['resolv'],
      inputs: [{}, { path: 'twice.o' }],
    });
    expect((await runCli(['inspect', 'prog'], { cwd: folder })).stdout).toMatch(/^ {2}twice\.o +\d+$/m);
  });

  it('can be named, with all the rest, in a response file', async () => {
    build('$CC main.c twice.c -o prog');
    writeFileSync(join(folder, 'link.rsp'), '--with-program=prog @more.rsp\n');
    writeFileSync(join(folder, 'more.rsp'), "-o 'the image'\n");
    expect(await runCli(['@link.rsp'], { cwd: folder })).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(join(folder, 'the image'))).toBe(true);
  });
});
