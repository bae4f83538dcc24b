/** Unmodified build systems with the wrappers as compilers: what they build runs in ring 3, their own tests too, and boots as the program. */
import { execa } from 'execa';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { runService } from '../support/service.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { wrapperPath } from '../support/wrappers.js';

/** A program of two languages and a library, which checks what configuring has found out. */
const SOURCES = {
  'main.cc': [
    '#include "config.h"',
    '#include <iostream>',
    'extern "C" int twice(int);',
    'int main(int argc, char **) {',
    '  try { throw twice(argc + 19); }',
    '  catch (int caught) { std::cout << "caught " << caught << ", log: " << HAVE_LOG << ", runs: " << CAN_RUN << std::endl; }',
    '  return argc > 1 ? 3 : 0;',
    '}',
    '',
  ].join('\n'),
  'lib/twice.c': 'int twice(int n) { return 2 * n; }\n',
};

const AUTOTOOLS = {
  'configure.ac': [
    'AC_INIT([wrapped], [1])',
    'AM_INIT_AUTOMAKE([foreign subdir-objects])',
    'AC_CONFIG_HEADERS([config.h])',
    'AC_PROG_CC',
    'AC_PROG_CXX',
    'AC_PROG_RANLIB',
    'AM_PROG_AR',
    'AC_SEARCH_LIBS([log], [m], [AC_DEFINE([HAVE_LOG], [1], [log])], [AC_DEFINE([HAVE_LOG], [0], [log])])',
    'AC_RUN_IFELSE([AC_LANG_PROGRAM([], [return 0])], [AC_DEFINE([CAN_RUN], [1], [run])], [AC_DEFINE([CAN_RUN], [0], [run])])',
    'AC_CONFIG_FILES([Makefile])',
    'AC_OUTPUT',
    '',
  ].join('\n'),
  'Makefile.am': [
    'noinst_LIBRARIES = libtwice.a',
    'libtwice_a_SOURCES = lib/twice.c',
    'bin_PROGRAMS = wrapped',
    'wrapped_SOURCES = main.cc',
    'wrapped_LDADD = libtwice.a',
    'TESTS = wrapped',
    '',
  ].join('\n'),
};

const MESON = {
  'meson.build': [
    "project('wrapped', 'c', 'cpp')",
    "cc = meson.get_compiler('c')",
    "runs = cc.run('int main(void) { return 0; }')",
    'conf = configuration_data()',
    "conf.set10('HAVE_LOG', cc.has_function('log', dependencies: cc.find_library('m', required: false)))",
    "conf.set10('CAN_RUN', runs.compiled() and runs.returncode() == 0)",
    "configure_file(output: 'config.h', configuration: conf)",
    "twice = static_library('twice', 'lib/twice.c')",
    "wrapped = executable('wrapped', 'main.cc', link_with: twice, install: true)",
    "test('wrapped', wrapped)",
    '',
  ].join('\n'),
};

function project(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries({ ...SOURCES, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const env = {
  PATH: wrapperPath,
  CC: 'ukl-gcc',
  CXX: 'ukl-g++',
  AR: 'ukl-ar',
  RANLIB: 'ukl-ranlib',
};

/** Links the executable, boots the image and gives what the program has written, and its status. */
async function inRing0(folder: string, executable: string): Promise<string> {
  const image = join(folder, 'wrapped.bzImage');
  expect(await runCli([`--with-program=${executable}`, '-o', image], { cwd: folder })).toMatchObject({
    status: 0,
  });
  const { status, stdout } = await runService([image, '--', 'argument']);
  return `${stdout.replaceAll('\r', '')}status ${status}`;
}

test('autoconf, automake: configure, make, make check, make install, after make clean', async () => {
  const folder = project(AUTOTOOLS);
  const run = (command: string, ...words: string[]) => execa(command, words, { cwd: folder, env });
  await run('autoreconf', '--install', '--warnings=none');
  await run('./configure', `--prefix=${folder}/installed`);
  await run('make', '-j2');
  expect((await run('make', 'check')).stdout).toMatch(/^# PASS: +1$/m);
  await run('make', 'install-strip');
  await run('make', 'clean');
  expect(await inRing0(folder, 'installed/bin/wrapped')).toBe('caught 42, log: 1, runs: 1\nstatus 3');
});

test('meson and ninja: setup, compile, test', async () => {
  const folder = project(MESON);
  const meson = (...words: string[]) => execa('meson', words, { cwd: folder, env });
  await meson('setup', 'build', '--buildtype=release');
  await meson('compile', '-C', 'build');
  expect((await meson('test', '-C', 'build')).stdout).toMatch(/^Ok: +1/m);
  expect(await inRing0(folder, 'build/wrapped')).toBe('caught 42, log: 1, runs: 1\nstatus 3');
});
