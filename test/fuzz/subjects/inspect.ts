import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspectFile } from '../../../src/inspect/index.js';
import { arMutations } from '../mutations/ar.js';
import { byteMutations } from '../mutations/bytes.js';
import { elfMutations } from '../mutations/elf.js';
import type { Subject } from '../subject.js';
import { imageSeeds } from './image.js';

/** `ukl-link inspect` of any file. `folder` is for files of this run. */
export async function inspectSubject(
  folder: string,
  elfSeeds: ReadonlyMap<string, Uint8Array>,
): Promise<Subject> {
  const path = join(folder, 'any-file');
  return {
    name: 'inspect',
    share: 2,
    seeds: new Map([...elfSeeds, ...(await imageSeeds())]),
    mutations: [...byteMutations, ...elfMutations, ...arMutations],
    allowance: 40 << 20,
    exercise: async (bytes, findings) => {
      writeFileSync(path, bytes);
      const report = await findings.attemptLater(() => inspectFile(path));
      // What is reported must be plain data: `--json` prints it.
      if (report !== undefined) JSON.parse(JSON.stringify(report));
    },
  };
}
