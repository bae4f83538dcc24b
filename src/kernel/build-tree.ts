import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { cacheRoot, demandRequirements } from '../host/index.js';
import { demandVersion, versionLine, type BuildOptions } from './build.js';
import { compile } from './compile.js';
import { SLOT_MIB, checkSlotSize, configure, uklLines } from './configure.js';
import { kitKey, sha256File } from './digest.js';
import { makeKit } from './make-kit.js';
import { buildRequirements } from './requirements.js';
import { loadSeries } from './series.js';
import { kitsFolder, storeOnce, type StoredOnce } from './store.js';

/**
 * The kit of a developer's tree, built in place, so that only what was edited is compiled. Its key is made of the
 * built kernel itself: no list of inputs could tell what an edited tree holds.
 */
export async function buildTreeKit(
  tree: string,
  options: Omit<BuildOptions, 'source' | 'keep'>,
): Promise<StoredOnce> {
  const { slotMiB = SLOT_MIB.default, jobs = availableParallelism(), signal, onEvent, parts } = options;
  const cache = options.cache ?? cacheRoot();
  const series = options.series ?? loadSeries();
  const folder = resolve(tree);
  checkSlotSize(slotMiB);
  demandRequirements(buildRequirements);
  const version = await demandVersion(folder, series);
  const compiler = await versionLine('gcc');

  onEvent?.({ stage: 'configuring' });
  await configure(folder, series.configs, uklLines(slotMiB), signal);
  const logFile = join(cache, 'logs', 'tree.log');
  onEvent?.({ stage: 'compiling', log: logFile });
  await compile({
    tree: folder,
    target: 'bzImage',
    jobs,
    logFile,
    stepsFile: join(cache, 'build', 'tree-steps'),
    signal,
    onProgress: (progress) => onEvent?.({ stage: 'progress', ...progress }),
  });

  const key = kitKey({ vmlinux: await sha256File(join(folder, 'vmlinux')) });
  const kernel = { version, source: null, series: null, profile: series.profile, compiler };
  return storeOnce(kitsFolder(cache), key, (target) => {
    onEvent?.({ stage: 'making-kit' });
    return makeKit(folder, target, { key, kernel }, parts);
  });
}
