import { statSync } from 'node:fs';
import { UklError, linkErrors, type Diagnostic } from '../errors/index.js';
import { zEffect, type LdOption } from './ld-options.js';
import { isFile, readLdWords, type LdWord } from './ld-words.js';

/** One word of a link's command line, understood. Order matters, as it does for ld. */
export type InputArgument =
  | { readonly kind: 'file'; readonly path: string }
  /** `-lNAME`, or `-l:FILE` with `exact`. */
  | { readonly kind: 'library'; readonly name: string; readonly exact: boolean }
  | { readonly kind: 'group-start' }
  | { readonly kind: 'group-end' }
  | { readonly kind: 'whole-archive'; readonly on: boolean };

/** A symbol that the command line defines (`--defsym`): an expression of ld's language, over symbols of the program. */
export interface SymbolDefinition {
  readonly name: string;
  readonly expression: string;
}

/** What options say of a link as a whole. */
export interface LinkSettings {
  /** Symbols of `-u` and `--require-defined`: archives are searched for them although nothing refers to them. */
  readonly wanted: readonly string[];
  /** `-s`, `--strip-all`: no symbols. */
  readonly stripAll: boolean;
  /** `-e`: where the program starts, if not at `_start`. */
  readonly entry?: string;
  /** `--wrap`: references to these go to `__wrap_NAME`, those to `__real_NAME` to them. */
  readonly wrapped: readonly string[];
  /** `--defsym`. */
  readonly defined: readonly SymbolDefinition[];
  readonly gcSections: boolean;
  readonly printGcSections: boolean;
  /** `-z muldefs`: of several definitions the first counts. */
  readonly multipleDefinitions: boolean;
  /** `-z execstack`, `-z noexecstack`: whatever the objects ask for. */
  readonly executableStack?: boolean;
}

/** What the user asked to be linked. */
export interface ProgramArguments extends LinkSettings {
  readonly inputs: readonly InputArgument[];
  /** Folders of `-L`, in order; they count for every `-l`, wherever it stands. */
  readonly searchDirs: readonly string[];
}

/** What the command line says, with what executables of the wrappers add to it; where only one can be, the command line decides. */
export function mergeSettings(ours: LinkSettings, recorded: readonly LinkSettings[]): LinkSettings {
  const all = [ours, ...recorded];
  const entry = all.find((each) => each.entry !== undefined)?.entry;
  const executableStack = all.find((each) => each.executableStack !== undefined)?.executableStack;
  return {
    wanted: all.flatMap(({ wanted }) => wanted),
    wrapped: [...new Set(all.flatMap(({ wrapped }) => wrapped))],
    defined: all.flatMap(({ defined }) => defined),
    stripAll: all.some(({ stripAll }) => stripAll),
    gcSections: all.some(({ gcSections }) => gcSections),
    printGcSections: all.some(({ printGcSections }) => printGcSections),
    multipleDefinitions: all.some(({ multipleDefinitions }) => multipleDefinitions),
    ...(entry === undefined ? {} : { entry }),
    ...(executableStack === undefined ? {} : { executableStack }),
  };
}

/**
 * Reads the inputs of a link as ld does: files, `-l`, `-L`, `-u`, groups, `--whole-archive` and so on, all of ld's options, and `-Wl,` in
 * front of any of them; ld-options.ts says what each means. Options that it does not have go to `unknown`, or are a problem without that.
 * Throws UKL2001-2005 and UKL2030, all problems together.
 */
export function parseProgramArguments(words: readonly string[], unknown?: string[]): ProgramArguments {
  const reader = new ArgumentReader(unknown);
  const plain = words.flatMap((word) => (word.startsWith('-Wl,') ? word.slice(4).split(',') : [word]));
  for (const word of readLdWords(plain)) reader.read(word);
  return reader.finish();
}

class ArgumentReader {
  readonly #problems: Diagnostic[] = [];
  readonly #inputs: InputArgument[] = [];
  readonly #searchDirs: string[] = [];
  readonly #wanted: string[] = [];
  readonly #wrapped: string[] = [];
  readonly #defined: SymbolDefinition[] = [];
  readonly #flags = {
    stripAll: false,
    gcSections: false,
    printGcSections: false,
    multipleDefinitions: false,
  };
  #entry: string | undefined;
  #executableStack: boolean | undefined;
  #groupOpen = false;
  #whole = false;
  /** What `--push-state` keeps; other states of it speak of dynamic linking. */
  readonly #states: boolean[] = [];
  readonly #unknown: string[] | undefined;

  constructor(unknown: string[] | undefined) {
    this.#unknown = unknown;
  }

  read(word: LdWord): void {
    const { text, option, value = '' } = word;
    if (isFile(word)) this.#inputs.push({ kind: 'file', path: text });
    else if (option === undefined && this.#unknown !== undefined) this.#unknown.push(text);
    else if (option === undefined) this.#problems.push(linkErrors.unknownOption(text));
    else if (option.value === 'next' && value === '') this.#problems.push(linkErrors.optionNeedsValue(text));
    else if (option.value === 'no' || option.value === 'joined') this.#switch(text, option);
    else this.#valued(text, option, value);
  }

  /** Throws what was wrong. */
  finish(): ProgramArguments {
    if (this.#groupOpen) this.#problems.push(linkErrors.groupNotClosed());
    if (!this.#inputs.some((input) => input.kind === 'file' || input.kind === 'library')) {
      this.#problems.push(linkErrors.noInput());
    }
    if (this.#problems.length > 0) throw new UklError(this.#problems);
    return {
      inputs: this.#inputs,
      searchDirs: this.#searchDirs,
      wanted: this.#wanted,
      wrapped: this.#wrapped,
      defined: this.#defined,
      ...this.#flags,
      ...(this.#entry === undefined ? {} : { entry: this.#entry }),
      ...(this.#executableStack === undefined ? {} : { executableStack: this.#executableStack }),
    };
  }

  #switch(text: string, { effect, why = '' }: LdOption): void {
    switch (effect) {
      case 'start-group':
      case 'end-group':
        this.#group(effect === 'start-group');
        break;
      case 'whole-archive':
      case 'no-whole-archive':
        this.#setWhole(effect === 'whole-archive');
        break;
      case 'push-state':
        this.#states.push(this.#whole);
        break;
      case 'pop-state':
        this.#setWhole(this.#states.pop() ?? this.#whole);
        break;
      case 'strip-all':
        this.#flags.stripAll = true;
        break;
      case 'gc-sections':
      case 'no-gc-sections':
        this.#flags.gcSections = effect === 'gc-sections';
        break;
      case 'print-gc-sections':
      case 'no-print-gc-sections':
        this.#flags.printGcSections = effect === 'print-gc-sections';
        break;
      case 'muldefs':
        this.#flags.multipleDefinitions = true;
        break;
      case 'refused':
        this.#refuse(text, why);
        break;
      case 'relocatable':
      case 'shared':
        this.#refuse(text, 'what goes into the slot is a finished program');
        break;
      case 'ends':
        this.#refuse(text, 'it asks ld to print something, and not to link');
        break;
      default:
      // Without effect on a static program.
    }
  }

  #valued(text: string, { effect, why = '' }: LdOption, value: string): void {
    switch (effect) {
      case 'library':
        this.#inputs.push(libraryInput(value));
        break;
      case 'folder':
        this.#searchDirs.push(value);
        break;
      case 'undefined':
      case 'require-defined':
        this.#wanted.push(value);
        break;
      case 'entry':
        this.#entry = value;
        break;
      case 'wrap':
        this.#wrapped.push(value);
        break;
      case 'defsym':
        this.#define(text, value);
        break;
      case 'z':
        this.#keyword(value);
        break;
      case 'emulation':
        if (value !== 'elf_x86_64')
          this.#refuse(`${text} ${value}`, 'the kernel holds x86-64 ELF files only');
        break;
      case 'format':
        if (value !== 'elf64-x86-64' && value !== 'default')
          this.#refuse(`${text} ${value}`, 'the kernel holds x86-64 ELF files only');
        break;
      case 'rpath-or-symbols':
        if (!isFolder(value)) this.#refuse(text, 'its symbols would stand for memory that is not there');
        break;
      case 'unresolved':
        if (!['report-all', 'ignore-in-shared-libs'].includes(value))
          this.#refuse(`${text} ${value}`, 'a program in the kernel must have all that it refers to');
        break;
      case 'refused':
        this.#refuse(text, why);
        break;
      default:
      // Without effect on a static program.
    }
  }

  #keyword(keyword: string): void {
    switch (zEffect(keyword)) {
      case 'muldefs':
        this.#flags.multipleDefinitions = true;
        break;
      case 'execstack':
      case 'noexecstack':
        this.#executableStack = keyword === 'execstack';
        break;
      case 'refused':
        this.#refuse(
          `-z ${keyword}`,
          'a program in the kernel must have all that it refers to, where it can be reached',
        );
        break;
      case 'none':
        break;
    }
  }

  #define(text: string, value: string): void {
    const [, name, expression] = /^([^=]+)=(.+)$/s.exec(value) ?? [];
    if (name === undefined || expression === undefined)
      this.#problems.push(linkErrors.badDefinition(text, value));
    else this.#defined.push({ name, expression });
  }

  #group(open: boolean): void {
    if (open === this.#groupOpen) this.#problems.push(linkErrors.groupNotOpen());
    this.#groupOpen = open;
    this.#inputs.push({ kind: open ? 'group-start' : 'group-end' });
  }

  #setWhole(on: boolean): void {
    if (on === this.#whole) return;
    this.#whole = on;
    this.#inputs.push({ kind: 'whole-archive', on });
  }

  #refuse(option: string, why: string): void {
    this.#problems.push(linkErrors.optionRefused(option, why));
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function libraryInput(value: string): InputArgument {
  return value.startsWith(':')
    ? { kind: 'library', name: value.slice(1), exact: true }
    : { kind: 'library', name: value, exact: false };
}
