import { dirname, isAbsolute, join } from 'node:path';
import { UklError, type Diagnostic } from '../errors/index.js';
import { CacheError, type RewriteCache } from '../rewrite/index.js';
import type { LinkSettings, ProgramArguments } from './arguments.js';
import { openContent, openInput, type Content, type InputFile } from './files.js';
import { itemsOf, type LinkItem } from './items.js';
import { librariesOfScript } from './linker-script.js';
import { recordedItems } from './recorded.js';
import { findLibrary } from './search.js';

/** The inputs of the command line, opened. */
export async function programItems(program: ProgramArguments, opener: Opener): Promise<LinkItem[]> {
  return await itemsOf(program.inputs, (input, whole) =>
    input.kind === 'file' ? opener.file(input.path, whole) : opener.library(input.name, input.exact, whole),
  );
}

/** Opens each file once, and collects what goes wrong instead of stopping at the first. */
export class Opener {
  readonly problems: Diagnostic[] = [];
  /** What is missing, and matters only if a symbol is. */
  readonly lacking: Diagnostic[] = [];
  /** What is to be said of links that were recorded, and stops none. */
  readonly remarks: Diagnostic[] = [];
  /** What the executables of the wrappers say of their links. */
  readonly settings: LinkSettings[] = [];
  /** Whether the program has start-up code of its own in place of crt1.o and its like. */
  ownStart = false;
  /** Folders in which `-l` is looked for. */
  readonly dirs: readonly string[];
  readonly #files = new Map<string, InputFile>();
  readonly #cache: RewriteCache;

  constructor(dirs: readonly string[], cache: RewriteCache) {
    this.dirs = dirs;
    this.#cache = cache;
  }

  /** The objects and archives among the files opened. */
  get linked(): InputFile[] {
    return [...this.#files.values()].filter(({ kind }) => kind === 'object' || kind === 'archive');
  }

  async library(name: string, exact: boolean, whole: boolean): Promise<LinkItem[]> {
    const found = findLibrary(name, exact, this.dirs);
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
    return await this.#items(path, whole, () => openInput(path, this.#cache));
  }

  /** A file that lies in another one. */
  async content(content: Content, whole: boolean): Promise<LinkItem[]> {
    return await this.#items(content.path, whole, () => openContent(content, this.#cache));
  }

  async #items(path: string, whole: boolean, open: () => Promise<InputFile>): Promise<LinkItem[]> {
    try {
      const file = this.#files.get(path) ?? (await open());
      this.#files.set(path, file);
      switch (file.kind) {
        case 'object':
          return [{ kind: 'object', file }];
        case 'archive':
          return [{ kind: 'archive', file, whole }];
        case 'linked':
          return await recordedItems(file, this);
        case 'script':
          return await this.#script(path, file.text, whole);
      }
    } catch (error) {
      if (!(error instanceof UklError) || error instanceof CacheError) throw error;
      this.problems.push(...error.diagnostics);
      return [];
    }
  }

  async #script(path: string, text: string, whole: boolean): Promise<LinkItem[]> {
    const items: LinkItem[] = [];
    for (const entry of librariesOfScript(path, text)) {
      items.push(...(await this.#scriptEntry(path, entry, whole)));
    }
    return [{ kind: 'group', items }];
  }

  /** A name in a linker script is a path, one beside the script, or `-lNAME`. */
  async #scriptEntry(script: string, entry: string, whole: boolean): Promise<LinkItem[]> {
    if (entry.startsWith('-l')) return await this.library(entry.slice(2), false, whole);
    return await this.file(isAbsolute(entry) ? entry : join(dirname(script), entry), whole);
  }
}
