import { dirname, isAbsolute, join } from 'node:path';
import { UklError, type Diagnostic } from '../errors/index.js';
import type { ProgramArguments } from './arguments.js';
import { librariesOfScript, openInput, type InputFile } from './files.js';
import { libraryWarnings } from './library-warnings.js';
import { relocationsOutOfReach } from './reach.js';
import { Resolution, type LinkedObject } from './resolve.js';
import { findLibrary } from './search.js';
import type { Toolchain } from './toolchain.js';
import { undefinedSymbols } from './undefined.js';

/** One thing the linker is given, in its order. */
export type LinkItem =
  | { readonly kind: 'object'; readonly file: InputFile & { readonly kind: 'object' } }
  | {
      readonly kind: 'archive';
      readonly file: InputFile & { readonly kind: 'archive' };
      readonly whole: boolean;
    }
  /** Archives that are searched until none gives anything more. */
  | { readonly kind: 'group'; readonly items: readonly LinkItem[] };

/** Everything that takes part in a link, checked: nothing is missing, nothing is defined twice, everything can reach the slot. */
export interface ResolvedInputs {
  readonly items: readonly LinkItem[];
  /** Each file among them once. */
  readonly files: readonly InputFile[];
  /** Symbols that archives are searched for although nothing refers to them. */
  readonly wanted: readonly string[];
  /** The objects that ld will take, archive members included. */
  readonly objects: readonly LinkedObject[];
  readonly warnings: readonly Diagnostic[];
}

/**
 * Opens the program's inputs and the system's start-up files and libraries around them, and resolves symbols as ld will.
 * Throws every problem found, together: UKL1xxx, UKL2006-2013, UKL6005.
 */
export function resolveInputs(program: ProgramArguments, toolchain: Toolchain): ResolvedInputs {
  const opener = new Opener([...program.searchDirs, ...toolchain.libraryDirs]);
  const items: LinkItem[] = [
    ...toolchain.startFiles.flatMap((path) => opener.file(path, false)),
    ...programItems(program, opener),
    { kind: 'group', items: toolchain.systemLibraries.flatMap((path) => opener.file(path, false)) },
    ...toolchain.endFiles.flatMap((path) => opener.file(path, false)),
  ];
  // With a file missing or unreadable, every symbol it defines would be reported as undefined as well.
  if (opener.problems.length > 0) throw new UklError(opener.problems);

  const resolution = new Resolution();
  for (const name of program.wanted) resolution.want(name);
  for (const item of items) addItem(resolution, item);
  const problems = [
    ...resolution.duplicates,
    ...undefinedSymbols(resolution),
    ...relocationsOutOfReach(resolution),
  ];
  if (problems.length > 0) throw new UklError(problems);
  return {
    items,
    files: opener.linked,
    wanted: program.wanted,
    objects: resolution.objects,
    warnings: libraryWarnings(resolution),
  };
}

function programItems(program: ProgramArguments, opener: Opener): LinkItem[] {
  const items: LinkItem[] = [];
  let group: LinkItem[] | undefined;
  let whole = false;
  for (const input of program.inputs) {
    switch (input.kind) {
      case 'file':
        (group ?? items).push(...opener.file(input.path, whole));
        break;
      case 'library':
        (group ?? items).push(...opener.library(input.name, input.exact, whole));
        break;
      case 'group-start':
        group = [];
        break;
      case 'group-end':
        items.push({ kind: 'group', items: group ?? [] });
        group = undefined;
        break;
      case 'whole-archive':
        whole = input.on;
        break;
    }
  }
  return items;
}

/** Opens each file once, and collects what goes wrong instead of stopping at the first. */
class Opener {
  readonly problems: Diagnostic[] = [];
  readonly #dirs: readonly string[];
  readonly #files = new Map<string, InputFile>();

  constructor(dirs: readonly string[]) {
    this.#dirs = dirs;
  }

  /** The objects and archives among the files opened. */
  get linked(): InputFile[] {
    return [...this.#files.values()].filter(({ kind }) => kind !== 'script');
  }

  library(name: string, exact: boolean, whole: boolean): LinkItem[] {
    const found = findLibrary(name, exact, this.#dirs);
    if ('path' in found) return this.file(found.path, whole);
    this.problems.push(found.problem);
    return [];
  }

  file(path: string, whole: boolean): LinkItem[] {
    try {
      const file = this.#files.get(path) ?? openInput(path);
      this.#files.set(path, file);
      switch (file.kind) {
        case 'object':
          return [{ kind: 'object', file }];
        case 'archive':
          return [{ kind: 'archive', file, whole }];
        case 'script': {
          const paths = librariesOfScript(path, file.text);
          return [{ kind: 'group', items: paths.flatMap((p) => this.#scriptEntry(path, p, whole)) }];
        }
      }
    } catch (error) {
      if (!(error instanceof UklError)) throw error;
      this.problems.push(...error.diagnostics);
      return [];
    }
  }

  /** A name in a linker script is a path, one beside the script, or `-lNAME`. */
  #scriptEntry(script: string, entry: string, whole: boolean): LinkItem[] {
    if (entry.startsWith('-l')) return this.library(entry.slice(2), false, whole);
    return this.file(isAbsolute(entry) ? entry : join(dirname(script), entry), whole);
  }
}

function addItem(resolution: Resolution, item: LinkItem): void {
  switch (item.kind) {
    case 'object':
      resolution.addObject(item.file.object);
      break;
    case 'archive':
      if (item.whole) resolution.addWholeArchive(item.file.archive);
      else resolution.addArchive(item.file.archive);
      break;
    case 'group':
      // One round after the other: a later member of the group may need what an earlier one has.
      for (let before = -1; before !== resolution.objects.length;) {
        const first = before < 0;
        before = resolution.objects.length;
        for (const inner of item.items) if (first || inner.kind !== 'object') addItem(resolution, inner);
      }
      break;
  }
}
