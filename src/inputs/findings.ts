import { CHECKS_VERSION, diagnosticOf, findingsOf, type Finding } from '../checks/index.js';
import type { ElfFile } from '../elf/index.js';
import { UklError, type Diagnostic } from '../errors/index.js';
import type { RewriteCache } from '../rewrite/index.js';
import { groupsOf } from './facts.js';
import type { InputFile } from './files.js';
import type { InputObject } from './object.js';
import type { LinkedObject } from './resolve.js';

/** What the checks say of one object of a file. */
interface ObjectFindings {
  /** Position in the archive, 0 for an object of its own. */
  readonly position: number;
  readonly member?: string;
  /** Each with the position of its section's group in the object's facts (-1: none). */
  readonly findings: readonly (Finding & { readonly group: number })[];
  /** Why the checks could not read all of it. */
  readonly damage: readonly Diagnostic[];
}

/**
 * What the checks of src/checks find in the objects that take part in a link, in the order of files and members. A file is looked at once: what was
 * found in all of it is kept in the cache by its content. Throws UKL6003-6005.
 */
export async function linkedFindings(
  files: readonly InputFile[],
  objects: readonly LinkedObject[],
  cache: RewriteCache,
): Promise<Diagnostic[]> {
  const discarded = new Map<InputObject, ReadonlySet<number>>();
  for (const object of objects) discarded.set(object.input, object.discarded);
  return await collect(files, cache, (file, position) => {
    const object = file.kind === 'archive' ? file.archive.openedObject(position) : objectOf(file);
    return object === undefined ? undefined : discarded.get(object);
  });
}

/** The same for every object in these files, whether a link would take it or not. */
export async function allFindings(files: readonly InputFile[], cache: RewriteCache): Promise<Diagnostic[]> {
  return await collect(files, cache, () => new Set());
}

/** `discardedOf` gives the groups that a link leaves out of an object, undefined for an object that takes no part. */
async function collect(
  files: readonly InputFile[],
  cache: RewriteCache,
  discardedOf: (file: InputFile, position: number) => ReadonlySet<number> | undefined,
): Promise<Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const file of files) {
    for (const { position, member, findings, damage } of await findingsOfFile(file, cache)) {
      const discarded = discardedOf(file, position);
      if (discarded === undefined) continue;
      const origin = { file: file.path, ...(member === undefined ? {} : { member }) };
      for (const finding of findings) {
        if (!discarded.has(finding.group)) found.push(diagnosticOf(finding, origin));
      }
      found.push(...damage.map((diagnostic) => ({ ...diagnostic, ...origin })));
    }
  }
  return found;
}

/** From the cache, or made for it. Objects in which nothing is found are left out. */
async function findingsOfFile(file: InputFile, cache: RewriteCache): Promise<readonly ObjectFindings[]> {
  const name = `${file.key}.${CHECKS_VERSION}.findings`;
  return JSON.parse(await cache.readOr(name, () => JSON.stringify(makeFindings(file)))) as ObjectFindings[];
}

function makeFindings(file: InputFile): ObjectFindings[] {
  if (file.kind !== 'object' && file.kind !== 'archive') return [];
  const objects = file.kind === 'archive' ? file.archive.freshObjects() : [file.object];
  const made: ObjectFindings[] = [];
  let position = 0;
  for (const object of objects) {
    const elf = linkableElf(object);
    const found = elf && checkElf(elf, position);
    if (found !== undefined && found.findings.length + found.damage.length > 0) made.push(found);
    position++;
  }
  return made;
}

/** Undefined for a member of an archive that no link can take. */
function linkableElf(object: InputObject): ElfFile | undefined {
  try {
    return object.elf;
  } catch (error) {
    if (error instanceof UklError) return undefined;
    throw error;
  }
}

function checkElf(elf: ElfFile, position: number): ObjectFindings {
  const { member } = elf.origin;
  const base = { position, ...(member === undefined ? {} : { member }) };
  try {
    const found = findingsOf(elf);
    const groups = found.length === 0 ? undefined : groupsOf(elf).of;
    const findings = found.map((finding) => ({ ...finding, group: groups?.get(finding.sectionIndex) ?? -1 }));
    return { ...base, findings, damage: [] };
  } catch (error) {
    if (error instanceof UklError) return { ...base, findings: [], damage: error.diagnostics };
    throw error;
  }
}

function objectOf(file: InputFile): InputObject | undefined {
  return file.kind === 'object' ? file.object : undefined;
}
