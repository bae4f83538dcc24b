import { readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { ET, identify, readDynamic, readElf } from '../elf/index.js';
import { librariesOfScript, looksLikeScript } from '../inputs/linker-script.js';
import type { RecordedInput } from '../record/format.js';
import type { LdCommandLine, NamedInput } from './command-line.js';
import {
  archiveBeside,
  findFile,
  findInput,
  isStandard,
  isStartFile,
  isSystem,
  libraryName,
} from './libraries.js';
import type { Members } from './members.js';

/** What the inputs of a link are; see LinkRecord. */
export interface FoundInputs {
  readonly inputs: readonly RecordedInput[];
  readonly needed: readonly RecordedInput[];
}

/** Finds the inputs of a link as ld has found them. `neededByOutput` are the names in the output's DT_NEEDED. */
export function findInputs(
  { inputs, folders }: LdCommandLine,
  members: Members,
  neededByOutput: ReadonlySet<string>,
): FoundInputs {
  const finder = new InputFinder(folders, members, neededByOutput);
  return { inputs: inputs.map((input) => finder.find(input)), needed: finder.needed() };
}

class InputFinder {
  readonly #folders: readonly string[];
  readonly #members: Members;
  readonly #neededByOutput: ReadonlySet<string>;
  /** Shared libraries by the name that others need them by, and what stands for each. */
  readonly #shared = new Map<string, RecordedInput>();
  /** Names that these need. */
  readonly #needs: { readonly name: string; readonly by: string }[] = [];

  constructor(folders: readonly string[], members: Members, neededByOutput: ReadonlySet<string>) {
    this.#folders = folders;
    this.#members = members;
    this.#neededByOutput = neededByOutput;
  }

  find(input: NamedInput): RecordedInput {
    const path = findInput(input, this.#folders);
    if (path === undefined) return { kind: 'none', path: input.name, why: 'not found again' };
    return this.#classify(path, input);
  }

  /** What the shared libraries found need in turn, as far as it is not among the inputs. */
  needed(): RecordedInput[] {
    const found: RecordedInput[] = [];
    for (const { name, by } of this.#needs) {
      if (this.#shared.has(name)) continue;
      const path = findFile(name, [dirname(by), ...this.#folders]);
      if (path === undefined || isStandard(path)) continue;
      const input = this.#sharedLibrary(path);
      this.#shared.set(name, input);
      if (input.kind !== 'none') found.push(input);
    }
    return found;
  }

  #classify(path: string, input: NamedInput): RecordedInput {
    if (isStartFile(path)) return { kind: 'none', path, why: 'start-up file of the compiler' };
    if (isSystem(path)) {
      if (isStandard(path)) return { kind: 'none', path, why: 'in every link' };
      const name = libraryName(path);
      if (name !== undefined && path.endsWith('.a')) return { kind: 'system', path, name };
    }
    const bytes = readFileSync(path);
    const kind = identify(bytes);
    if (kind === 'elf' && readElf(bytes, { file: path }).header.type === ET.DYN)
      return this.#usedLibrary(path);
    const text = kind === 'other' ? bytes.toString('latin1') : '';
    return looksLikeScript(text) ? this.#script(path, text, input) : this.#members.add(path, bytes);
  }

  #usedLibrary(path: string): RecordedInput {
    const { soname = basename(path) } = dynamicOf(path);
    if (![soname, basename(path), path].some((name) => this.#neededByOutput.has(name))) {
      return { kind: 'none', path, why: 'nothing needs it' };
    }
    const input = this.#sharedLibrary(path);
    this.#shared.set(soname, input);
    return input;
  }

  #sharedLibrary(path: string): RecordedInput {
    this.#needs.push(...dynamicOf(path).needed.map((name) => ({ name, by: path })));
    const name = libraryName(path);
    if (isSystem(path) && name !== undefined) return { kind: 'system', path, name, late: true };
    const archive = archiveBeside(path);
    return archive === undefined ? { kind: 'shared', path } : { ...this.#members.add(archive), late: true };
  }

  #script(path: string, text: string, { shared }: NamedInput): RecordedInput {
    const inputs = librariesOfScript(path, text).map((entry): RecordedInput => {
      if (entry.startsWith('-l')) return this.find({ kind: 'library', name: entry.slice(2), shared });
      const beside = isAbsolute(entry) ? entry : join(dirname(path), entry);
      return this.find({ kind: 'file', name: beside, shared });
    });
    return { kind: 'script', path, inputs };
  }
}

/** What the dynamic section of a library or program says of others. */
export function dynamicOf(path: string): {
  readonly soname: string | undefined;
  readonly needed: readonly string[];
} {
  const dynamic = readDynamic(readElf(readFileSync(path), { file: path }));
  return { soname: dynamic?.soname, needed: dynamic?.needed ?? [] };
}
