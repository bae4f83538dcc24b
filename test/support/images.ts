/** Images of one fixture each, and files that a run lays over theirs. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { DEBUG_FILE_ENDING } from '../../src/gdb/index.js';
import { link } from '../../src/link.js';
import type { UklOption } from '../../src/options/index.js';
import { compileObject, linkExecutable, type Model } from './compile.js';
import { loadFixtures, type Fixture } from './fixtures.js';
import { buildFolder } from './paths.js';

const folder = `${buildFolder}/images`;

/** A fixture's object, as `gcc -c` leaves it. Throws if there is no fixture of this name. */
export async function fixtureObject(
  name: string,
  model: Exclude<Model, 'mixed'> = 'default',
): Promise<string> {
  return compileObject(fixtureNamed(name), model);
}

function fixtureNamed(name: string): Fixture {
  const fixture = loadFixtures().find((one) => one.name === name);
  if (!fixture) throw new Error(`no fixture ${name}`);
  return fixture;
}

/** Links a fixture as the only program of an image; returns the image's path. */
export async function imageOf(
  name: string,
  options: {
    readonly args?: readonly string[];
    readonly model?: Exclude<Model, 'mixed'>;
    /** Whether gcc links it, as a static-PIE executable. */
    readonly finished?: boolean;
    /** Whether its symbols and lines are kept, in a file beside it. */
    readonly debugFile?: boolean;
    /** Options of the link (docs/options.md). */
    readonly enable?: readonly UklOption[];
  } = {},
): Promise<string> {
  const fixture = fixtureNamed(name);
  const { args = [], model = 'default', finished = false, debugFile = false, enable = [] } = options;
  mkdirSync(folder, { recursive: true });
  const output = `${folder}/${[name, finished ? 'static-pie' : model, ...enable].join('-')}.bzImage`;
  const libs = fixture.language === 'c++' ? ['-lstdc++', '-lm'] : fixture.libs;
  const objects = [await compileObject(fixture, model)];
  await link({
    program: finished ? [await linkExecutable({ objects, libs }, 'static-pie')] : [...objects, ...libs],
    output,
    args,
    enable,
    ...(debugFile ? { debugFile: `${output}${DEBUG_FILE_ENDING}` } : {}),
  });
  return output;
}

/** An archive for a run's `initrd`, written when it is first asked for. */
export function overlay(name: string, make: () => Uint8Array): () => string {
  let path: string | undefined;
  return () => {
    if (path !== undefined) return path;
    mkdirSync(folder, { recursive: true });
    path = `${folder}/${name}.cpio`;
    writeFileSync(path, make());
    return path;
  };
}
