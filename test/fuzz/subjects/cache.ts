import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RewriteCache } from '../../../src/rewrite/index.js';
import { expectSame } from '../findings.js';
import { byteMutations } from '../mutations/bytes.js';
import { jsonMutations } from '../mutations/text.js';
import type { Subject } from '../subject.js';

const KNOWN = 'known-files.json';
const FACTS = 'facts';

/** What earlier links left in the cache: damage there costs time and nothing else. */
export async function cacheSubject(folder: string): Promise<Subject> {
  const cacheFolder = join(folder, 'cache');
  mkdirSync(cacheFolder);
  const known = { [import.meta.filename]: { key: 'f'.repeat(64), size: 7, stamp: '7 1 2 3 4' } };
  const facts = await new RewriteCache(cacheFolder).readOr(FACTS, () => '["main",0]\n{"defined":[]}');
  return {
    name: 'cache',
    share: 1,
    seeds: new Map<string, Uint8Array>([
      [KNOWN, Buffer.from(JSON.stringify(known))],
      [FACTS, readFileSync(join(cacheFolder, FACTS))],
    ]),
    mutations: [...byteMutations, ...jsonMutations, ...jsonMutations],
    allowance: 1 << 20,
    exercise: (bytes, _, seed) => {
      writeFileSync(join(cacheFolder, seed), bytes);
      const cache = new RewriteCache(cacheFolder);
      expectSame(cache.known(import.meta.filename), undefined, 'a file with another stamp');
      expectSame(cache.read(FACTS) ?? facts, facts, 'damaged facts');
    },
  };
}
