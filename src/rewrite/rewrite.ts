import { extname } from 'node:path';
import type { ArchiveMember } from '../elf/index.js';
import { RewriteCache } from './cache.js';
import { REWRITE_VERSION, rewriteFile } from './rewrite-file.js';

/** A file to rewrite. */
export interface RewriteInput {
  readonly path: string;
  /** Names the content, that of a thin archive's members included. */
  readonly key: string;
  /** Size in bytes. */
  readonly size: number;
  readonly bytes: () => Uint8Array;
  /** Thin archives: reads a member, which lies in a file of its own. */
  readonly readThin?: (member: ArchiveMember) => Uint8Array;
}

/** Where the rewritten form of each input is. */
export interface RewriteResult {
  /** Path of the rewritten file by path of the original. */
  readonly paths: ReadonlyMap<string, string>;
  /** How many were not in the cache, and how many bytes had to be rewritten. */
  readonly made: number;
  readonly madeBytes: number;
}

/**
 * Rewrites every input on its own, or finds it rewritten in the cache. The inputs are not changed. Throws UKL6003-6005, and UKL1xxx for
 * damage in parts that are read only here.
 */
export async function rewriteInputs(
  inputs: readonly RewriteInput[],
  cache: RewriteCache = new RewriteCache(),
): Promise<RewriteResult> {
  const paths = new Map<string, string>();
  let made = 0;
  let madeBytes = 0;
  for (const { path, key, size, bytes, readThin } of inputs) {
    const result = await cache.get(`${key}.${REWRITE_VERSION}${extname(path)}`, () =>
      rewriteFile(bytes(), { file: path }, readThin),
    );
    paths.set(path, result.path);
    if (result.made) {
      made++;
      madeBytes += size;
    }
  }
  return { paths, made, madeBytes };
}
