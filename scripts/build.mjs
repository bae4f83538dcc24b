// Bundles src/ into dist/: one small entry per use, everything else in chunks that are loaded when a run needs them. Start-up
// is the largest part of a warm link, so what a run does not need must not even be read.
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const staging = join(root, `dist.${process.pid}.tmp`);

try {
  mkdirSync(staging);
  await build({
    absWorkingDir: root,
    entryPoints: { cli: 'src/cli/main.ts', index: 'src/index.ts', elf: 'src/elf/index.ts' },
    outdir: staging,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
    // CommonJS dependencies of execa call require, which an ESM file does not have of itself.
    banner: {
      js: "import{createRequire as r_}from'node:module';const require=r_(import.meta.url);",
    },
    // These find their WebAssembly files beside themselves, or are loaded by no warm link.
    external: ['iced-x86', 'lz4-wasm-nodejs', 'cli-progress', 'tar-stream'],
  });
  execFileSync(
    process.execPath,
    [
      join(root, 'node_modules/typescript/bin/tsc'),
      ...['--project', join(root, 'tsconfig.build.json')],
      ...['--outDir', join(staging, 'types')],
    ],
    { stdio: 'inherit' },
  );
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  renameSync(staging, join(root, 'dist'));
} finally {
  rmSync(staging, { recursive: true, force: true });
}
