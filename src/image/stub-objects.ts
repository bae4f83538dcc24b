import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageErrors, UklError } from '../errors/index.js';
import type { Algorithm } from './compression.js';
import type { SavedCommand } from './saved-command.js';

/** What init/Kconfig has for the kernel's compression; exactly one is set. */
const CHOICES = ['GZIP', 'BZIP2', 'LZMA', 'XZ', 'LZO', 'LZ4', 'ZSTD'];

const KCONFIG = 'include/linux/kconfig.h';

/** Which files stand in for others when a command runs again: for {@link SavedCommand.run}, by the command's target. */
export type Substitutes = Readonly<Record<string, Readonly<Record<string, string>>>>;

async function isBuiltWith(buildDir: string, algorithm: Algorithm): Promise<boolean> {
  const file = join(buildDir, 'include/generated/autoconf.h');
  try {
    return (await readFile(file, 'utf8')).includes(`#define CONFIG_KERNEL_${algorithm.toUpperCase()} 1\n`);
  } catch (error) {
    throw new UklError(imageErrors.buildIncomplete(file), { cause: error });
  }
}

/**
 * Compiles for an algorithm what the build compiled for another one: the objects that depend on CONFIG_KERNEL_* by the
 * build's own record, each by the build's own command, with another choice made right behind the kernel's
 * configuration header. Nothing else of the kernel asks for it.
 *
 * @param links - the commands that link objects
 * @param load - the command of an object
 * @throws UklError UKL3020, UKL3021
 */
export async function compileFor(
  algorithm: Algorithm,
  options: {
    readonly buildDir: string;
    readonly workDir: string;
    readonly links: readonly SavedCommand[];
    readonly load: (target: string) => Promise<SavedCommand>;
  },
): Promise<Substitutes> {
  const { buildDir, workDir, links, load } = options;
  if (await isBuiltWith(buildDir, algorithm)) return {};
  const kconfig = join(workDir, 'kconfig.h');
  const lines = [
    '#include <linux/kconfig.h>',
    ...CHOICES.map((choice) => `#undef CONFIG_KERNEL_${choice}`),
    `#define CONFIG_KERNEL_${algorithm.toUpperCase()} 1`,
  ];
  await writeFile(kconfig, lines.map((line) => `${line}\n`).join(''));

  const substitutes: Record<string, Record<string, string>> = {};
  for (const link of links) {
    const objects = await Promise.all(link.objects().map(load));
    const stale = objects.filter((object) => object.dependsOn('KERNEL_'));
    const compiled = await Promise.all(
      stale.map(async (object) => {
        const { target } = object;
        const output = join(workDir, target.replaceAll('/', '-'));
        // Those that are compiled once more for every link need it then.
        substitutes[target] = { [KCONFIG]: kconfig };
        await object.run(buildDir, {
          [KCONFIG]: kconfig,
          [target]: output,
          [object.dependencies]: `${output}.d`,
        });
        return [target, output] as const;
      }),
    );
    substitutes[link.target] = Object.fromEntries(compiled);
  }
  return substitutes;
}
