import { dirname, isAbsolute, join } from 'node:path';
import {
  UklError,
  judgeFindings,
  linkErrors,
  type Diagnostic,
  type WarningOptions,
} from '../errors/index.js';
import { CacheError, KERNEL_NAME, RewriteCache } from '../rewrite/index.js';
import type { ProgramArguments } from './arguments.js';
import { openInput, type InputFile } from './files.js';
import { linkedFindings } from './findings.js';
import { librariesOfScript } from './linker-script.js';
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
  /**
   * Bytes of memory that the program takes at least, known before it is linked: ld reports a program of gigabytes as relocations out of
   * reach.
   */
  readonly memorySize: number;
  /** Whether an object asks for a stack that can be executed (UKL2111). */
  readonly executableStack: boolean;
  /** Whether the command line asks for a program without symbols. */
  readonly stripAll: boolean;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Opens the program's inputs and the system's start-up files and libraries around them, and resolves symbols as ld will.
 * Throws every problem found, together: UKL1xxx, UKL2006-2013, UKL21xx, UKL6003-6005.
 */
export async function resolveInputs(
  program: ProgramArguments,
  toolchain: Toolchain,
  cache: RewriteCache = new RewriteCache(),
  options: WarningOptions = {},
): Promise<ResolvedInputs> {
  const { findings: all, ...inputs } = await surveyInputs(program, toolchain, cache);
  const findings = judgeFindings(all, options);
  const problems = findings.filter(({ severity }) => severity === 'error');
  if (problems.length > 0) throw new UklError(problems);
  return { ...inputs, warnings: findings.filter(({ severity }) => severity === 'warning') };
}

/** What takes part in a link, whether it can be linked or not. */
export interface SurveyedInputs extends Omit<ResolvedInputs, 'warnings'> {
  /** Everything that is to be said of it: problems, warnings and notes. */
  readonly findings: readonly Diagnostic[];
}

/** Does the work of `resolveInputs`, and throws only for files that cannot be opened. */
export async function surveyInputs(
  program: ProgramArguments,
  toolchain: Toolchain,
  cache: RewriteCache,
): Promise<SurveyedInputs> {
  const opener = new Opener([...program.searchDirs, ...toolchain.libraryDirs], cache);
  const items: LinkItem[] = [
    ...(await opener.files(toolchain.startFiles)),
    ...(await programItems(program, opener)),
    { kind: 'group', items: await opener.files(toolchain.systemLibraries) },
    ...(await opener.files(toolchain.endFiles)),
  ];
  // With a file missing or unreadable, every symbol it defines would be reported as undefined as well.
  if (opener.problems.length > 0) throw new UklError(opener.problems);
  await cache.save();

  const resolution = new Resolution();
  for (const name of program.wanted) resolution.want(name);
  for (const item of items) addItem(resolution, item);
  const { objects } = resolution;
  const found = await linkedFindings(opener.linked, objects, cache);
  return {
    items,
    files: opener.linked,
    wanted: program.wanted,
    stripAll: program.stripAll,
    memorySize: objects.reduce((sum, { input }) => sum + input.facts.size, 0),
    objects,
    executableStack: found.some(({ code }) => code === 'UKL2111'),
    findings: [
      ...resolution.duplicates,
      ...undefinedSymbols(resolution),
      ...relocationsOutOfReach(resolution),
      ...kernelNames(resolution),
      ...libraryWarnings(objects),
      ...found,
    ],
  };
}

/** The inputs of the command line, opened. */
export async function programItems(program: ProgramArguments, opener: Opener): Promise<LinkItem[]> {
  const items: LinkItem[] = [];
  let group: LinkItem[] | undefined;
  let whole = false;
  for (const input of program.inputs) {
    switch (input.kind) {
      case 'file':
        (group ?? items).push(...(await opener.file(input.path, whole)));
        break;
      case 'library':
        (group ?? items).push(...(await opener.library(input.name, input.exact, whole)));
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
export class Opener {
  readonly problems: Diagnostic[] = [];
  readonly #dirs: readonly string[];
  readonly #files = new Map<string, InputFile>();

  readonly #cache: RewriteCache;

  constructor(dirs: readonly string[], cache: RewriteCache) {
    this.#dirs = dirs;
    this.#cache = cache;
  }

  /** The objects and archives among the files opened. */
  get linked(): InputFile[] {
    return [...this.#files.values()].filter(({ kind }) => kind !== 'script');
  }

  async library(name: string, exact: boolean, whole: boolean): Promise<LinkItem[]> {
    const found = findLibrary(name, exact, this.#dirs);
    if ('path' in found) return await this.file(found.path, whole);
    this.problems.push(found.problem);
    return [];
  }

  async files(paths: readonly string[]): Promise<LinkItem[]> {
    const items: LinkItem[] = [];
    for (const path of paths) items.push(...(await this.file(path, false)));
    return items;
  }

  async file(path: string, whole: boolean): Promise<LinkItem[]> {
    try {
      const file = this.#files.get(path) ?? (await openInput(path, this.#cache));
      this.#files.set(path, file);
      switch (file.kind) {
        case 'object':
          return [{ kind: 'object', file }];
        case 'archive':
          return [{ kind: 'archive', file, whole }];
        case 'script': {
          const items: LinkItem[] = [];
          for (const entry of librariesOfScript(path, file.text)) {
            items.push(...(await this.#scriptEntry(path, entry, whole)));
          }
          return [{ kind: 'group', items }];
        }
      }
    } catch (error) {
      if (!(error instanceof UklError) || error instanceof CacheError) throw error;
      this.problems.push(...error.diagnostics);
      return [];
    }
  }

  /** A name in a linker script is a path, one beside the script, or `-lNAME`. */
  async #scriptEntry(script: string, entry: string, whole: boolean): Promise<LinkItem[]> {
    if (entry.startsWith('-l')) return await this.library(entry.slice(2), false, whole);
    return await this.file(isAbsolute(entry) ? entry : join(dirname(script), entry), whole);
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

/** UKL2021 for a program that defines what, with the prefix, is the kernel's. */
function kernelNames(resolution: Resolution): Diagnostic[] {
  const place = resolution.placeOf(KERNEL_NAME);
  return place === undefined ? [] : [linkErrors.kernelName(KERNEL_NAME, place)];
}

/**
 * UKL2017 for every `.gnu.warning.SYMBOL` whose symbol an object needs: glibc says so that a static program's getaddrinfo() needs shared
 * libraries at run time. ld does not see the connection any more once symbols are prefixed.
 */
function libraryWarnings(objects: readonly LinkedObject[]): Diagnostic[] {
  const texts = new Map(objects.flatMap(({ input }) => input.facts.warnings));
  if (texts.size === 0) return [];
  return objects.flatMap(({ input }) =>
    input.facts.needed.flatMap((name) => {
      const text = texts.get(name);
      return text === undefined ? [] : [linkErrors.libraryWarning(name, text, input.elf.origin)];
    }),
  );
}
