/**
 * Builds the multi-call program of all fixtures into a folder, as objects, in every code model, with the suite's root
 * file system beside it: for work on the kernel by hand; the suite calls the library directly.
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { buildMultiCall, linkExecutable, type Model } from './compile.js';
import { loadFixtures } from './fixtures.js';
import { buildSuiteRoot, type Ring } from './suite.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { without: { type: 'string' }, only: { type: 'string' } },
});
const output = positionals[0] ?? 'build/multicall';
const without = ['image', ...(values.without ?? '').split(',')];
const only = values.only?.split(',');
const fixtures = loadFixtures().filter(
  ({ name, needs }) => !needs.some((need) => without.includes(need)) && (only?.includes(name) ?? true),
);

for (const model of ['default', 'kernel', 'mixed'] satisfies Model[]) {
  const folder = `${output}/${model}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const program = await buildMultiCall(fixtures, model);
  for (const object of program.objects) copyFileSync(object, `${folder}/${basename(object)}`);
  writeFileSync(`${folder}/libs.txt`, `${program.libs.join(' ')}\n`);
  const ring3 = await linkExecutable(program);
  copyFileSync(ring3, `${folder}/ring3`);
  if (model !== 'default') continue;
  for (const [name, rings] of Object.entries({
    suite: ['ring3', 'ring0'],
    'suite-ring3': ['ring3'],
  } as const))
    await buildSuiteRoot({
      fixtures,
      rings: rings satisfies readonly Ring[],
      ring3,
      output: `${output}/${name}.cpio`,
    });
}
