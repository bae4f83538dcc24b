import { execa } from 'execa';
import { existsSync, mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/host/index.js';
import { formatDependencies } from '../../src/link/dependency-file.js';
import { runCli } from '../support/cli.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const MAIN = 'int util(void);\nint main(void) { return util(); }\n';
const UTIL = 'int util(void) { return 7; }\n';
const ALONE = '#include <stdio.h>\nint main(void) { return puts("alone") == EOF; }\n';

/** A folder with these files. */
function project(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Runs make and gives what it ran, a word for each: `cc` compilations, `link` images; its status if it failed. */
async function make(folder: string, ...goals: string[]): Promise<string[]> {
  const env = { PATH: `${packageRoot}/bin:${process.env.PATH}` };
  const { stdout, exitCode } = await execa('make', goals, { cwd: folder, env, reject: false });
  const words = stdout
    .split('\n')
    .flatMap((line) => (/--with-program/.test(line) ? ['link'] : /(?:cc|gcc) /.test(line) ? ['cc'] : []));
  return exitCode === 0 ? words : [...words, `status ${exitCode}`];
}

/** Makes a file newer than all that was made before. */
function touch(...path: string[]): void {
  const now = new Date();
  utimesSync(join(...path), now, now);
}

describe('the Makefile fragment', () => {
  const makefile = [
    'include $(shell ukl-link --print-makefile)',
    'all: alone.bzImage',
    'server: main.o util.o',
    '\t$(UKL_CC) -o $@ $^',
    '$(eval $(call ukl-image,out/two.bzImage,main.o util.o -lm))',
    '',
  ].join('\n');
  const files = { Makefile: makefile, 'main.c': MAIN, 'util.c': UTIL, 'alone.c': ALONE };

  it('links an object again when it, or what it depends on, has changed; not otherwise', async () => {
    const folder = project({ ...files, 'ukl.json': '{}' });
    const goals = ['UKL_CONFIG=ukl.json'];
    expect(await make(folder, ...goals)).toEqual(['cc', 'link']);
    expect(await make(folder, ...goals)).toEqual([]);
    touch(folder, 'ukl.json');
    expect(await make(folder, ...goals)).toEqual(['link']);
    touch(folder, 'alone.bzImage');
    expect(await make(folder, ...goals)).toEqual([]);
    rmSync(join(folder, 'alone.o'));
    expect(await make(folder, ...goals)).toEqual(['cc', 'link']);
    rmSync(join(folder, 'ukl.json'));
    expect(await make(folder)).toEqual(['link']);
  });

  it('prefers an executable of the wrappers to an object of its name', async () => {
    const folder = project(files);
    expect(await make(folder, 'server.bzImage')).toEqual(['cc', 'cc', 'cc', 'link']);
    expect(await make(folder, 'server.bzImage')).toEqual([]);
  });

  it('links several inputs, in other folders, at the same time', async () => {
    const folder = project(files);
    mkdirSync(join(folder, 'out'));
    const goals = ['-j4', 'out/two.bzImage', 'server.bzImage', 'alone.bzImage'];
    const words = await make(folder, ...goals);
    expect(words.sort()).toEqual(['cc', 'cc', 'cc', 'cc', 'link', 'link', 'link']);
    expect(await make(folder, ...goals)).toEqual([]);
    expect(statSync(join(folder, 'out/two.bzImage')).size).toBeGreaterThan(1_000_000);
  });

  it('ends on targets that nothing makes', async () => {
    const folder = project(files);
    for (const goal of ['nothing.bzImage', 'run-nothing', 'test-nothing', 'nothing.bzImage.bzImage'])
      expect(await make(folder, goal)).toEqual(['status 2']);
    // A link that fails leaves no image that looks made.
    expect(await make(folder, 'main.bzImage')).toEqual(['cc', 'link', 'status 2']);
    expect(existsSync(join(folder, 'main.bzImage'))).toBe(false);
  });
});

describe('a dependency file', () => {
  it.each(['a b', 'a#b', 'a$b', 'a%b', 'a:b', 'a*b', 'a[b]', 'a\\b', 'a\\ b', 'a,b', "a'b"])(
    'is understood by make: %j',
    async (name) => {
      const folder = project({ [name]: '', image: '', decoy: '' });
      const rule = formatDependencies('image', [name, 'not=writable']);
      writeFileSync(join(folder, 'Makefile'), `${rule}\nimage:\n\t@echo made\n\t@touch image\n`);
      const run = async (): Promise<string> => (await execa('make', ['-s', 'image'], { cwd: folder })).stdout;
      utimesSync(join(folder, name), 1, 1);
      expect(await run()).toBe('');
      rmSync(join(folder, 'image'));
      expect(await run()).toBe('made');
      touch(folder, name);
      expect(await run()).toBe('made');
      rmSync(join(folder, name));
      expect(await run()).toBe('made');
    },
  );
});

describe('CMake', () => {
  it('links executables and object libraries, once', async () => {
    const folder = project({
      'main.c': MAIN,
      'util.c': UTIL,
      'alone.c': ALONE,
      'CMakeLists.txt': [
        'cmake_minimum_required(VERSION 3.20)',
        'project(images C)',
        'enable_testing()',
        'find_package(Ukl REQUIRED)',
        'add_executable(server main.c util.c)',
        'ukl_add_image(server-image PROGRAM server OUTPUT server.bzImage ARGS "a b" "it\'s" LINK_OPTIONS --compress=none)',
        'add_library(alone OBJECT alone.c)',
        'target_compile_options(alone PRIVATE -fPIE)',
        'ukl_add_image(alone-image PROGRAM alone)',
        'ukl_add_test(boots IMAGE alone-image TIMEOUT 60)',
      ].join('\n'),
    });
    const { stdout } = await runCli(['--print-cmake']);
    const modules = stdout.trim();
    const options = [`-DUkl_DIR=${modules}`, `-DCMAKE_TOOLCHAIN_FILE=${modules}/ukl-toolchain.cmake`];
    const cmake = async (...words: string[]): Promise<string> =>
      (await execa('cmake', words, { cwd: folder })).stdout;
    await cmake('-S.', '-Bbuild', ...options);
    expect((await cmake('--build', 'build')).match(/Linking image/g)).toHaveLength(2);
    expect(await cmake('--build', 'build')).not.toContain('Linking image');
    touch(folder, 'util.c');
    expect((await cmake('--build', 'build')).match(/Linking image.*/g)).toEqual([
      'Linking image server-image',
    ]);
    const inspected = await runCli(['inspect', 'build/server.bzImage', '--json'], { cwd: folder });
    expect(inspected.stdout).toContain('"a b"');
    expect(inspected.stdout).toContain(`"it's"`);
    expect(existsSync(join(folder, 'build/alone-image.bzImage'))).toBe(true);
    const tests = await execa('ctest', ['--test-dir', 'build', '--show-only=json-v1'], { cwd: folder });
    expect(tests.stdout).toContain('--timeout=60');
  });
});
