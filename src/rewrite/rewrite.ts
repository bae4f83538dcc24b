import { extname } from 'node:path';
import { readArchive, type ArchiveMember } from '../elf/index.js';
import { RewriteCache, rewriteKey } from './cache.js';
import { PREFIX } from './prefix.js';
import { REWRITE_VERSION, rewriteFile } from './rewrite-file.js';

/** A file to rewrite, already read. */
export interface RewriteInput {
  readonly path: string;
  readonly bytes: Uint8Array;
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
  for (const { path, bytes, readThin } of inputs) {
    const origin = { file: path };
    const thin = new Map<string, Uint8Array>();
    if (readThin !== undefined) {
      for (const member of readArchive(bytes, origin).members) thin.set(memberKey(member), readThin(member));
    }
    const key = rewriteKey(`${REWRITE_VERSION} ${PREFIX}`, [bytes, ...thin.values()]);
    const result = await cache.get(`${key}${extname(path)}`, () =>
      rewriteFile(bytes, origin, (member) => thin.get(memberKey(member)) ?? member.data),
    );
    paths.set(path, result.path);
    if (result.made) {
      made++;
      madeBytes += bytes.length;
    }
  }
  return { paths, made, madeBytes };
}

/** The same name may stand in a thin archive more than once. */
function memberKey(member: ArchiveMember): string {
  return `${member.headerOffset} ${member.name}`;
}
