import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { UklError, kernelErrors } from '../errors/index.js';
import { cacheRoot, demandRequirements } from '../host/index.js';
import { applySeries } from './apply-series.js';
import { compile, type CompileProgress } from './compile.js';
import { SLOT_MIB, checkSlotSize, configure, uklLines } from './configure.js';
import { kitKey } from './digest.js';
import type { Kit } from './kit.js';
import { makeKit, type KitParts } from './make-kit.js';
import { runToolOrThrow } from './process.js';
import { buildRequirements } from './requirements.js';
import { loadSeries, type Series } from './series.js';
import { findSource, kernelVersion, unpackSource, type Source } from './source.js';
import { kitsFolder, shownKey, storeOnce, type StoredOnce } from './store.js';

/** What a build does, as it happens. */
export type BuildEvent =
  | { readonly stage: 'waiting'; readonly pid: number }
  | { readonly stage: 'unpacking'; readonly source: string }
  | { readonly stage: 'patching'; readonly patches: number; readonly version: string }
  | { readonly stage: 'configuring' }
  | { readonly stage: 'compiling'; readonly log: string }
  | ({ readonly stage: 'progress' } & CompileProgress)
  | { readonly stage: 'making-kit' };

export interface BuildOptions {
  /** A kernel tree or tarball; the tarball of Debian's package when absent. */
  readonly source?: string | undefined;
  /** MiB, even, 2 to 512. */
  readonly slotMiB?: number | undefined;
  /** Compilations at the same time; as many as there are processors when absent. */
  readonly jobs?: number | undefined;
  /** Leave the build tree in the cache. */
  readonly keep?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: BuildEvent) => void) | undefined;
  readonly cache?: string | undefined;
  readonly series?: Series | undefined;
  readonly parts: KitParts;
}

/**
 * The kernel's kit, from the store or built now. One build of a key runs at a time, a second one waits for its result; a build
 * that fails or is stopped leaves the log and nothing else. Throws UKL4001-4006, UKL4017, UKL6002, UKL6003.
 */
export async function buildKit(options: BuildOptions): Promise<StoredOnce> {
  const { jobs = availableParallelism(), signal, onEvent, parts } = options;
  const cache = options.cache ?? cacheRoot();
  // What will come out decides the name, so that nothing is built twice.
  const { key, source, series, config, compiler } = await planBuild(options);

  const work = join(cache, 'build', key);
  const onWait = (pid: number): void => onEvent?.({ stage: 'waiting', pid });
  return storeOnce(kitsFolder(cache), key, build, { signal, onWait });

  async function build(target: string): Promise<Kit> {
    // Left by a build that was killed, or kept.
    await rm(work, { recursive: true, force: true });
    try {
      return await buildIn(join(work, 'linux'), target);
    } finally {
      if (options.keep !== true) await rm(work, { recursive: true, force: true });
    }
  }

  async function buildIn(tree: string, target: string): Promise<Kit> {
    onEvent?.({ stage: 'unpacking', source: source.path });
    await unpackSource(source, tree, signal);
    const version = await demandVersion(tree, series);

    onEvent?.({ stage: 'patching', patches: series.patches.length, version });
    await applySeries(series, tree, signal);

    onEvent?.({ stage: 'configuring' });
    await configure(tree, series.configs, config, signal);

    const logFile = join(cache, 'logs', `${shownKey({ key })}.log`);
    onEvent?.({ stage: 'compiling', log: logFile });
    await compile({
      tree,
      target: 'bzImage',
      jobs,
      logFile,
      stepsFile: join(cache, 'build', 'steps'),
      signal,
      onProgress: (progress) => onEvent?.({ stage: 'progress', ...progress }),
    });

    onEvent?.({ stage: 'making-kit' });
    const origin = {
      key,
      kernel: { version, source: source.digest, series: series.digest, profile: series.profile, compiler },
    };
    return makeKit(tree, target, origin, parts);
  }
}

/** What a kit is built from, if it is built now. */
export interface BuildPlan {
  /** The name that the kit will have. */
  readonly key: string;
  readonly source: Source;
  readonly series: Series;
  /** Configuration lines on top of the series' own. */
  readonly config: readonly string[];
  /** How the compiler names itself. */
  readonly compiler: string;
}

/** Finds out what a build would make, without building: seconds at most. Throws UKL4001, UKL4002, UKL4017, UKL6002. */
export async function planBuild(
  options: Pick<BuildOptions, 'source' | 'slotMiB' | 'series'>,
): Promise<BuildPlan> {
  const { slotMiB = SLOT_MIB.default, series = loadSeries() } = options;
  checkSlotSize(slotMiB);
  demandRequirements(buildRequirements);
  const source = await findSource(options.source);
  const compiler = await versionLine('gcc');
  const config = uklLines(slotMiB);
  const tools = [compiler, await versionLine('ld')];
  const key = kitKey({ source: source.digest, series: series.digest, config, tools });
  return { key, source, series, config, compiler };
}

/** The tree's version; UKL4003 unless it is the one the patches are for. */
export async function demandVersion(tree: string, series: Series): Promise<string> {
  const version = await kernelVersion(tree);
  if (version.startsWith(`${series.version}.`)) return version;
  throw new UklError(kernelErrors.wrongVersion(tree, version, `${series.version}.y`));
}

/** The first line of what a tool says about its version. */
export async function versionLine(tool: string): Promise<string> {
  return (await runToolOrThrow(tool, ['--version'])).split('\n', 1)[0] ?? '';
}
