/**
 * Builds the multi-call program of all fixtures into a folder: `node build-fixtures OUT [--without fork,…]`.
 * For work on the kernel by hand; the suite calls the library directly.
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { buildMultiCall, linkRing3, type Model } from './compile.js';
import { loadFixtures } from './fixtures.js';

const { positionals, values } = parseArgs({ allowPositionals: true, options: { without: { type: 'string' } } });
const output = positionals[0] ?? 'build/multicall';
const without = (values.without ?? '').split(',');
const fixtures = loadFixtures().filter(({ needs }) => !needs.some((need) => without.includes(need)));

for (const model of ['default', 'kernel', 'mixed'] satisfies Model[]) {
  const folder = `${output}/${model}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const program = await buildMultiCall(fixtures, model);
  for (const object of program.objects) copyFileSync(object, `${folder}/${basename(object)}`);
  writeFileSync(`${folder}/libs.txt`, `${program.libs.join(' ')}\n`);
  copyFileSync(await linkRing3(program), `${folder}/ring3`);
}
