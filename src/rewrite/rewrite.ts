import { extname } from 'node:path';
import type { ArchiveMember } from '../elf/index.js';
import { RewriteCache } from './cache.js';
import {
  REWRITE_VERSION,
  rewriteFile,
  type ObjectSites,
  type RewriteOptions,
  type RewrittenFile,
} from './rewrite-file.js';

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
  options: RewriteOptions,
  cache: RewriteCache = new RewriteCache(),
): Promise<RewriteResult> {
  const paths = new Map<string, string>();
  let made = 0;
  let madeBytes = 0;
  for (const input of inputs) {
    const name = cachedName(input, options);
    const result = await cache.get(name, async () => {
      const { bytes, sites } = rewrite(input, options);
      // First: a rewritten file that is there has its list beside it, unless someone removed that.
      await cache.readOr(sitesName(name), () => JSON.stringify(sites));
      return bytes;
    });
    paths.set(input.path, result.path);
    if (result.made) {
      made++;
      madeBytes += input.size;
    }
  }
  return { paths, made, madeBytes };
}

/** The system call sites of an input, as they are in its rewritten form. Throws what `rewriteInputs` throws. */
export async function readSites(
  input: RewriteInput,
  options: RewriteOptions,
  cache: RewriteCache = new RewriteCache(),
): Promise<readonly ObjectSites[]> {
  const name = sitesName(cachedName(input, options));
  const text = await cache.readOr(name, () => JSON.stringify(rewrite(input, options).sites));
  return JSON.parse(text) as ObjectSites[];
}

function rewrite({ path, bytes, readThin }: RewriteInput, options: RewriteOptions): RewrittenFile {
  return rewriteFile(bytes(), { file: path }, options, readThin);
}

function cachedName({ path, key }: RewriteInput, { syscalls }: RewriteOptions): string {
  return `${key}.${REWRITE_VERSION}.${syscalls}${extname(path)}`;
}

const sitesName = (name: string): string => `${name}.sites`;
