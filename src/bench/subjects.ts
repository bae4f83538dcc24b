import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../host/index.js';
import type { PassStats } from '../host/index.js';
import type { Toolchain } from '../inputs/index.js';
import type { Kit } from '../kernel/kit.js';
import { measure, type Sample } from './measure.js';

/** Something that is run in every round and measured as a whole process. */
export interface Subject {
  /** Stable, for scripts: `warm hello`. */
  readonly id: string;
  readonly title: string;
  readonly run: () => Promise<LinkSample>;
}

/** What a link tells of itself besides. */
export interface LinkSample extends Sample {
  readonly passes?: readonly PassStats[];
  /** Most memory that ukl-link's own process held, in bytes; ld is a process of its own. */
  readonly peakMemory?: number;
}

/** A program to link: what stands behind --with-program. */
export interface BenchProgram {
  readonly name: string;
  readonly inputs: readonly string[];
}

const tool = [process.execPath, join(packageRoot, 'bin', 'ukl-link')];

/** One library, rewritten as a link does it, and what GNU's tools take for the like. All write one file of about the same size. */
export function rewriteSubjects(
  library: string,
  folder: string,
  { ld }: Toolchain,
  objcopy: string,
): Subject[] {
  const out = (name: string): string => join(folder, name);
  const subject = (id: string, title: string, words: readonly string[]): Subject => ({
    id,
    title,
    run: () => measure(words),
  });
  const rewrite = [...tool, 'bench', 'rewrite', library];
  return [
    subject('rewrite', 'ukl-link, system calls redirected', [...rewrite, out('rewritten.a')]),
    subject('prefix', 'ukl-link --syscalls=native', [...rewrite, out('prefixed.a'), '--syscalls=native']),
    subject('objcopy', 'objcopy --prefix-symbols', [
      ...[objcopy, '--prefix-symbols=ukl_', library, out('objcopy.a')],
    ]),
    subject('ld -r', 'ld -r --whole-archive', [ld, '-r', '--whole-archive', library, '-o', out('ld.o')]),
  ];
}

/** A link with everything in ukl-link's cache, and one that has to rewrite the system's libraries as well. */
export function linkSubjects({ name, inputs }: BenchProgram, kit: Kit, folder: string): Subject[] {
  const [first = '', ...others] = inputs;
  // The kit by its folder: the store is part of the cache folder, which is another one here.
  const words = [...tool, `--with-program=${first}`, ...others, '--kit', kit.folder];
  const link = async (cache: string, prepare: () => Promise<unknown>): Promise<LinkSample> => {
    const once = async (...more: string[]): Promise<Sample> => {
      await prepare();
      return measure([...words, '-o', join(folder, 'image'), ...more], { env: { UKL_CACHE_DIR: cache } });
    };
    const sample = await once();
    // Once more for what it tells of itself: telling takes time.
    const { passes, peakMemory } = JSON.parse((await once('--json')).stdout) as Required<LinkSample>;
    return { ...sample, passes, peakMemory };
  };
  const warm = join(folder, 'warm-cache');
  const cold = join(folder, 'cold-cache');
  const empty = async (): Promise<void> => {
    await rm(cold, { recursive: true, force: true });
    await mkdir(cold);
  };
  return [
    {
      id: `warm ${name}`,
      title: 'ukl-link, warm',
      run: () => link(warm, () => mkdir(warm, { recursive: true })),
    },
    { id: `cold ${name}`, title: 'ukl-link, empty cache', run: () => link(cold, empty) },
  ];
}

/** The file that is touched for the kernel's relink: small, and nothing else includes it. */
export const TOUCHED = 'init/do_mounts.c';

/** What the kernel's own build takes when nothing changes, and when one file does. */
export function kernelSubjects(tree: string, make: string, jobs: number): Subject[] {
  const words = [make, '-s', '-C', tree, `-j${jobs}`, 'bzImage'];
  return [
    { id: 'make', title: 'make bzImage, nothing changed', run: () => measure(words) },
    {
      id: 'make touched',
      title: `make bzImage, ${TOUCHED} touched`,
      run: async () => {
        await measure(['touch', join(tree, TOUCHED)]);
        return measure(words);
      },
    },
  ];
}
