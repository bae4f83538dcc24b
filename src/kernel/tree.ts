import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UklError, kernelErrors } from '../errors/index.js';
import { asIoError, demandRequirements, makeFolderAtomic, writeFileAtomic } from '../host/index.js';
import { demandVersion } from './build.js';
import { runTool, runToolOrThrow } from './process.js';
import { treeRequirements } from './requirements.js';
import { loadSeries, type Series } from './series.js';
import { findSource, unpackSource } from './source.js';

/** Tag of the commit that holds the source as it came; everything after it is the series. */
export const BASE_TAG = 'ukl-base';

/** The user's git configuration (renames, prefixes, signatures, hooks …) must not show in trees and patches. */
const GIT_ENV = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
const IDENTITY = ['-c', 'user.name=ukl-link', '-c', 'user.email=ukl-link@localhost'];

export interface TreeOptions {
  readonly source?: string | undefined;
  readonly series?: Series | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes a git tree to work in: the source as its first commit, tagged `ukl-base`, and every patch of the series as a commit on
 * top. Whole or not at all. Throws UKL4001-4004, UKL4019.
 */
export async function makeTree(folder: string, options: TreeOptions = {}): Promise<void> {
  const { signal, series = loadSeries() } = options;
  demandRequirements(treeRequirements);
  if (existsSync(folder) && (await readdir(folder)).length > 0) {
    throw new UklError(kernelErrors.treeNotEmpty(folder));
  }
  const source = await findSource(options.source);
  await makeFolderAtomic(folder, async (tree) => {
    await unpackSource(source, tree, signal);
    const version = await demandVersion(tree, series);
    const git = gitIn(tree, signal);
    await git('init', '--quiet', '--initial-branch=ukl');
    // --force: the kernel's .gitignore covers files that a distribution's tarball has on purpose.
    await git('add', '--all', '--force');
    await git('commit', '--quiet', '--message', `Linux ${version}, as it came`);
    await git('tag', BASE_TAG);
    for (const name of series.patches) {
      const file = join(series.folder, name);
      const result = await runTool('git', [...IDENTITY, 'am', '--quiet', file], {
        cwd: tree,
        env: GIT_ENV,
        signal,
      });
      if (!result.ok) throw new UklError(kernelErrors.patchFailed(file, result.output));
    }
  });
}

export interface PatchesResult {
  /** File names of the series now. */
  readonly patches: readonly string[];
  /** Those that were written or removed. */
  readonly changed: readonly string[];
}

/**
 * Writes the commits between `base` and HEAD of a tree as the series' patches. The same commits give the same bytes.
 * Throws UKL4020 when the tree is not one, or has changes that are not committed.
 */
export async function writePatches(
  tree: string,
  {
    base = BASE_TAG,
    series = loadSeries(),
  }: { readonly base?: string | undefined; readonly series?: Series | undefined } = {},
): Promise<PatchesResult> {
  demandRequirements(treeRequirements);
  const git = gitIn(tree);
  const known = await runTool('git', ['rev-parse', '--quiet', '--verify', `${base}^{commit}`], {
    cwd: tree,
    env: GIT_ENV,
  });
  if (!known.ok) throw new UklError(kernelErrors.notATree(tree, `it has no commit "${base}"`));
  const dirty = await git('status', '--porcelain', '--untracked-files=no');
  if (dirty !== '') throw new UklError(kernelErrors.notATree(tree, `not everything is committed:\n${dirty}`));

  const temporary = await mkdtemp(join(tmpdir(), 'ukl-patches-'));
  try {
    const stable = [
      '--zero-commit',
      '--no-signature',
      '--no-numbered',
      '--full-index',
      '--diff-algorithm=myers',
    ];
    await git('format-patch', '--quiet', ...stable, '--output-directory', temporary, `${base}..HEAD`);
    return await replacePatches(series, temporary);
  } catch (error) {
    throw asIoError(error, series.folder, 'write');
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function replacePatches(series: Series, fresh: string): Promise<PatchesResult> {
  const patches = (await readdir(fresh)).sort();
  const gone = series.patches.filter((name) => !patches.includes(name));
  const changed: string[] = [];
  for (const name of patches) {
    const content = await readFile(join(fresh, name));
    const target = join(series.folder, name);
    if (series.patches.includes(name) && content.equals(await readFile(target))) continue;
    await writeFileAtomic(target, content);
    changed.push(name);
  }
  for (const name of gone) await rm(join(series.folder, name));
  return { patches, changed: [...changed, ...gone] };
}

function gitIn(tree: string, signal?: AbortSignal): (...args: string[]) => Promise<string> {
  return (...args) => runToolOrThrow('git', [...IDENTITY, ...args], { cwd: tree, env: GIT_ENV, signal });
}
