import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { linkOptionsOf } from '../../../src/cli/commands/link.js';
import { readLinkWords } from '../../../src/cli/link-words.js';
import { COMPRESSIONS } from '../../../src/image/compression.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const word = fc.string({ minLength: 1 }).filter((text) => !text.includes('\0'));
const path = fc.stringMatching(/^\/[a-z]{1,8}( [a-z]{1,3})?$/);

/** Everything about a link that a file and flags can both say. */
const file = fc.record(
  {
    program: fc.array(fc.oneof(path, fc.constantFrom('-lz', '-L/lib', '--start-group')), { minLength: 1 }),
    libraries: fc.array(fc.constantFrom('ssl', ':libx.a')),
    output: path,
    args: fc.array(word),
    env: fc.dictionary(fc.stringMatching(/^[A-Z]{1,4}$/), word),
    cmdline: word,
    rootfs: path,
    files: fc.array(fc.constantFrom('/h/a:/etc/a', '/h/b:/srv/', '/h/c')),
    compress: fc.constantFrom(...COMPRESSIONS),
    kit: fc.constantFrom('debug', '0a1b'),
    syscalls: fc.constantFrom('redirect' as const, 'native' as const),
    map: path,
    separateDebugFile: fc.oneof(fc.constant(true as const), path),
    dependencyFile: path,
    fatalWarnings: fc.constant(true as const),
    noWarn: fc.array(fc.constantFrom('UKL2105', 'UKL2106')),
  },
  { requiredKeys: ['program', 'output'] },
);

type File = typeof file extends fc.Arbitrary<infer T> ? T : never;

/** The same as a command line. */
function flagsOf(said: File): string[] {
  const [first = '', ...rest] = said.program;
  const quoted = said.args?.map((text) => `--args='${text.replaceAll("'", "'\\''")}'`) ?? [];
  const valued = (['output', 'cmdline', 'rootfs', 'compress', 'kit', 'syscalls', 'map'] as const).flatMap(
    (name) => (said[name] === undefined ? [] : [`--${name}=${said[name]}`]),
  );
  const debug = said.separateDebugFile;
  return [
    `--with-program=${first}`,
    ...rest,
    ...(said.libraries ?? []).map((name) => `-l${name}`),
    ...quoted,
    ...(said.files ?? []).map((pair) => `--file=${pair}`),
    ...Object.entries(said.env ?? {}).map(([name, value]) => `--env=${name}=${value}`),
    ...valued,
    ...(debug === undefined ? [] : [`--separate-debug-file${debug === true ? '' : `=${debug}`}`]),
    ...(said.dependencyFile === undefined ? [] : [`--dependency-file=${said.dependencyFile}`]),
    ...(said.fatalWarnings === undefined ? [] : ['--fatal-warnings']),
    ...(said.noWarn ?? []).map((code) => `--no-warn=${code}`),
  ];
}

it('a file and the flags that say the same give the same link', async () => {
  const config = join(temporaryFolder(), 'ukl.json');
  await fc.assert(
    fc.asyncProperty(file, async (said) => {
      writeFileSync(config, JSON.stringify(said));
      const fromFile = await linkOptionsOf(readLinkWords(['--config', config]));
      const fromFlags = await linkOptionsOf(readLinkWords(flagsOf(said)));
      const { dependsOn, ...options } = fromFile;
      expect(dependsOn).toEqual([config]);
      // An empty list says as much as none.
      expect({ args: [], env: [], files: [], ...options }).toEqual({
        args: [],
        env: [],
        files: [],
        ...fromFlags,
      });
    }),
  );
});
