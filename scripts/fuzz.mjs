// The long run of the fuzz tests: `node scripts/fuzz.mjs [COUNT [FIRST [SUBJECT]]]`. Input number n is the same on every machine, so a number that
// failed can be run again alone.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
const outfile = join(root, 'build', 'fuzz', 'main.mjs');
await build({
  entryPoints: ['test/fuzz/main.ts'],
  outfile,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
});
await import(outfile);
