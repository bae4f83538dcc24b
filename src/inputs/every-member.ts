import { UklError, type Diagnostic } from '../errors/index.js';
import type { RewriteCache } from '../rewrite/index.js';
import type { ProgramArguments } from './arguments.js';
import { allFindings } from './findings.js';
import { Opener, programItems } from './opener.js';
import { relocationsOutOfReach } from './reach.js';
import { Resolution, type LinkedObject } from './resolve.js';
import type { Toolchain } from './toolchain.js';

/** What is known of a library by itself, without a program that uses it. */
export interface SurveyedMembers {
  /** The objects that could be looked at. */
  readonly objects: readonly LinkedObject[];
  readonly findings: readonly Diagnostic[];
}

/**
 * Looks at every object of the inputs given and of all members of their archives: findings of the checks, relocations out of reach, and members that
 * cannot be linked. Symbols are not resolved. Throws UKL1xxx, UKL2006-2010 for files that cannot be opened, UKL6003-6005.
 */
export async function surveyMembers(
  program: ProgramArguments,
  { libraryDirs }: Toolchain,
  cache: RewriteCache,
): Promise<SurveyedMembers> {
  const opener = new Opener([...program.searchDirs, ...libraryDirs], cache);
  await programItems(program, opener);
  if (opener.problems.length > 0) throw new UklError(opener.problems);
  await cache.save();
  const resolution = new Resolution();
  const unusable: Diagnostic[] = [];
  for (const file of opener.linked) {
    const objects = file.kind === 'archive' ? file.archive.freshObjects() : [];
    for (const object of file.kind === 'object' ? [file.object] : objects) {
      try {
        resolution.addObject(object);
      } catch (error) {
        if (!(error instanceof UklError)) throw error;
        unusable.push(...error.diagnostics);
      }
    }
  }
  const outOfReach = relocationsOutOfReach(resolution);
  const findings = [...unusable, ...outOfReach, ...(await allFindings(opener.linked, cache))];
  return { objects: resolution.objects, findings };
}
