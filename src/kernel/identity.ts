import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { UklError, kernelErrors } from '../errors/index.js';
import { cacheRoot, demandRequirements, withLock } from '../host/index.js';
import { applySeries } from './apply-series.js';
import { demandVersion, type BuildEvent } from './build.js';
import { compile } from './compile.js';
import { configure } from './configure.js';
import { sha256 } from './digest.js';
import { buildRequirements } from './requirements.js';
import { loadSeries, type Series } from './series.js';
import { findSource, unpackSource } from './source.js';

/** Which of the two trees comes now. */
export interface IdentityEvent {
  readonly stage: 'tree';
  readonly name: string;
}

export interface IdentityOptions {
  readonly source?: string | undefined;
  readonly jobs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?:
    ((event: BuildEvent | { readonly stage: 'tree'; readonly name: string }) => void) | undefined;
  readonly cache?: string | undefined;
  readonly series?: Series | undefined;
}

export interface Identity {
  /** SHA-256 of both vmlinux files. */
  readonly sha256: string;
  readonly bytes: number;
}

/** With it every WARN() carries the number of its source line, which any patch shifts that adds one above. */
const WITHOUT_LINE_NUMBERS = ['CONFIG_DEBUG_BUGVERBOSE=n'];

/**
 * Builds the pristine tree, and the patched one with CONFIG_UNIKERNEL_LINUX=n, from scratch in the same folder one after the
 * other, both without the source lines of warnings, and compares the two vmlinux. Throws UKL4018 when they differ; both files are then left in the cache.
 */
export async function checkIdentity(options: IdentityOptions = {}): Promise<Identity> {
  const { jobs = availableParallelism(), signal, onEvent } = options;
  const cache = options.cache ?? cacheRoot();
  const series = options.series ?? loadSeries();
  demandRequirements(buildRequirements);
  const source = await findSource(options.source);
  const work = join(cache, 'build', 'identity');
  const tree = join(work, 'linux');
  const locking = { signal, onWait: (pid: number) => onEvent?.({ stage: 'waiting', pid }) };
  return withLock(`${work}.lock`, compare, locking);

  async function compare(): Promise<Identity> {
    await rm(work, { recursive: true, force: true });
    try {
      const pristine = await buildVmlinux('pristine', () => Promise.resolve());
      const patched = await buildVmlinux('patched', () => applySeries(series, tree, signal));
      const [a, b] = [await readFile(pristine), await readFile(patched)];
      if (a.equals(b)) {
        await rm(work, { recursive: true, force: true });
        return { sha256: sha256(a), bytes: a.length };
      }
      throw new UklError(kernelErrors.identityBroken(difference(a, b), pristine, patched));
    } finally {
      await rm(tree, { recursive: true, force: true });
    }
  }

  async function buildVmlinux(name: string, patch: () => Promise<void>): Promise<string> {
    onEvent?.({ stage: 'tree', name });
    await rm(tree, { recursive: true, force: true });
    onEvent?.({ stage: 'unpacking', source: source.path });
    await unpackSource(source, tree, signal);
    await demandVersion(tree, series);
    await patch();
    onEvent?.({ stage: 'configuring' });
    await configure(tree, series.configs, WITHOUT_LINE_NUMBERS, signal);
    const logFile = join(cache, 'logs', `identity-${name}.log`);
    onEvent?.({ stage: 'compiling', log: logFile });
    await compile({
      tree,
      target: 'vmlinux',
      jobs,
      logFile,
      stepsFile: join(cache, 'build', 'identity-steps'),
      signal,
      onProgress: (progress) => onEvent?.({ stage: 'progress', ...progress }),
    });
    const kept = join(work, name);
    await mkdir(kept);
    await rename(join(tree, 'vmlinux'), join(kept, 'vmlinux'));
    return join(kept, 'vmlinux');
  }
}

/** Sizes, and where the first difference is. */
export function difference(a: Uint8Array, b: Uint8Array): string {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  const sizes = a.length === b.length ? `both ${a.length} bytes` : `${a.length} and ${b.length} bytes`;
  return `${sizes}, different from byte ${at === -1 ? a.length : at} on`;
}
