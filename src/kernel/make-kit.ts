import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolderAtomic, packageVersion } from '../host/index.js';
import { keepDebugFiles } from './debug-files.js';
import { sha256 } from './digest.js';
import { openKit, type Kit } from './kit.js';
import { KIT_FORMAT, formatManifest, type Manifest } from './manifest.js';
import { entriesOf, slotOf } from './symbols.js';

/** What makes the parts of a kit that this layer knows nothing about. */
export interface KitParts {
  /** Writes `boot/…` of a kit from a built kernel tree, and tells what images can be compressed with; see src/image. */
  readonly boot: (tree: string, kitFolder: string) => Promise<readonly string[]>;
}

export interface KitOrigin {
  readonly key: string;
  readonly kernel: Omit<Manifest['kernel'], 'release'>;
}

/** Makes a kit of a built tree: whole, or not at all. */
export async function makeKit(
  tree: string,
  target: string,
  origin: KitOrigin,
  parts: KitParts,
): Promise<Kit> {
  await makeFolderAtomic(target, async (folder) => {
    await copyFile(join(tree, 'System.map'), join(folder, 'System.map'));
    await copyFile(join(tree, '.config'), join(folder, 'config'));
    await mkdir(join(folder, 'boot'));
    const compress = await parts.boot(tree, folder);
    const systemMap = await readFile(join(folder, 'System.map'), 'utf8');
    const manifest: Manifest = {
      format: KIT_FORMAT,
      tool: packageVersion(),
      key: origin.key,
      kernel: {
        release: (await readFile(join(tree, 'include/config/kernel.release'), 'utf8')).trim(),
        ...origin.kernel,
      },
      slot: slotOf(systemMap),
      symbols: entriesOf(systemMap),
      compress: [...compress],
      files: await describeFiles(folder),
    };
    await writeFile(join(folder, 'manifest.json'), formatManifest(manifest));
    await keepDebugFiles(tree, folder);
  });
  return openKit(target);
}

async function describeFiles(folder: string): Promise<Manifest['files']> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const described = names.sort().map(async (name) => {
    const content = await readFile(join(folder, name));
    return [name, { size: content.length, sha256: sha256(content) }] as const;
  });
  return Object.fromEntries(await Promise.all(described));
}
