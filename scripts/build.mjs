// Bundles src/ into dist/, whole or not at all:
//   cli.cjs, cli.cache   the command line tool, for bin/ukl-link
//   record.cjs, .cache   what libexec/ukl/ld runs behind the linker
//   index.js, elf.js …   the library, for import
//   types/               its declarations
//   init                 /init of images, made of guest/
//   libukl_upcall.a      what --enable-libupcall links, made of lib/upcall/
// Start-up is the largest part of a warm link. So the tool is one CommonJS file (Node's ESM loader takes milliseconds a
// file) in which a module runs only when something imports it, and comes with V8's code cache of what a link uses.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const staging = join(root, `dist.${process.pid}.tmp`);
const node = (...args) => execFileSync(process.execPath, args, { stdio: 'inherit' });

/** Of the functions that run with these words, which end with this status. */
const codeCache = (name, status, ...words) => {
  const [script, cache] = [join(staging, `${name}.cjs`), join(staging, `${name}.cache`)];
  node(join(root, 'scripts/code-cache.cjs'), script, cache, String(status), ...words);
};
const seeds = join(root, 'test/fuzz/seeds');

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  // These find their WebAssembly files beside themselves, or are loaded by no warm link.
  external: ['iced-x86', 'lz4-wasm-nodejs', '@bokuweb/zstd-wasm', 'cli-progress', 'tar-stream'],
};

try {
  mkdirSync(staging);
  await build({
    ...common,
    entryPoints: { cli: 'src/cli/main.ts', record: 'src/wrap/main.ts' },
    outdir: staging,
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    // A script with a code cache cannot import() before Node 20.12; all external packages can be required.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'importMetaUrl', 'import.meta.dirname': '__dirname' },
    banner: { js: 'const importMetaUrl=require("node:url").pathToFileURL(__filename).href;' },
  });
  await build({
    ...common,
    entryPoints: { index: 'src/index.ts', elf: 'src/elf/index.ts' },
    outdir: staging,
    format: 'esm',
    splitting: true,
    // CommonJS dependencies of execa call require, which an ESM file does not have of itself.
    banner: { js: 'import{createRequire as r_}from"node:module";const require=r_(import.meta.url);' },
  });
  // A link as far as it goes without a kit, and the record of one; the latter is written to a program, here a small one of the tests.
  codeCache('cli', 1, '--with-program=/nonexistent.o', '-o', '/nonexistent/image');
  const sample = join(staging, 'sample');
  copyFileSync(join(seeds, 'pie'), sample);
  codeCache('record', 0, '-o', sample, join(seeds, 'hello.o'));
  rmSync(sample);
  execFileSync(join(root, 'guest/build.sh'), [join(staging, 'init')], { stdio: 'inherit' });
  execFileSync(join(root, 'lib/upcall/build.sh'), [join(staging, 'libukl_upcall.a')], { stdio: 'inherit' });
  const types = join(staging, 'types');
  node(
    join(root, 'node_modules/typescript/bin/tsc'),
    '--project',
    join(root, 'tsconfig.build.json'),
    '--outDir',
    types,
  );
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  renameSync(staging, join(root, 'dist'));
} finally {
  rmSync(staging, { recursive: true, force: true });
}
