import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Subject } from '../subject.js';
import { bootPartsSubject } from './boot-parts.js';
import { cacheSubject } from './cache.js';
import { checksSubject } from './checks.js';
import { cpioSubject } from './cpio.js';
import { elfSubject } from './elf.js';
import { imageSubject } from './image.js';
import { inputsSubject } from './inputs.js';
import { inspectSubject } from './inspect.js';
import { kitSubjects } from './kit.js';
import { programSubject } from './program.js';
import { rewriterSubjects } from './rewriter.js';
import { staticPieSubject } from './static-pie.js';

/** The seed files that are kept in the repository, by name. */
export function loadSeeds(directory: string): ReadonlyMap<string, Uint8Array> {
  return new Map(
    readdirSync(directory)
      .sort()
      .map((name) => [name, new Uint8Array(readFileSync(join(directory, name)))]),
  );
}

/** Everything that reads input. `folder` is for the files of this run. */
export async function loadSubjects(seedDirectory: string, folder: string): Promise<readonly Subject[]> {
  const seeds = loadSeeds(seedDirectory);
  return [
    elfSubject(seeds),
    ...rewriterSubjects(seeds),
    inputsSubject(seeds),
    checksSubject(seeds),
    programSubject(seeds),
    staticPieSubject(seeds),
    cpioSubject(),
    await cacheSubject(folder),
    ...(await kitSubjects(folder)),
    await bootPartsSubject(folder),
    await imageSubject(folder),
    await inspectSubject(folder, seeds),
  ];
}
