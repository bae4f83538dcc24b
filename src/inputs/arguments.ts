import { UklError, linkErrors, type Diagnostic } from '../errors/index.js';

/** One word of a link's command line, understood. Order matters, as it does for ld. */
export type InputArgument =
  | { readonly kind: 'file'; readonly path: string }
  /** `-lNAME`, or `-l:FILE` with `exact`. */
  | { readonly kind: 'library'; readonly name: string; readonly exact: boolean }
  | { readonly kind: 'group-start' }
  | { readonly kind: 'group-end' }
  | { readonly kind: 'whole-archive'; readonly on: boolean };

/** What the user asked to be linked. */
export interface ProgramArguments {
  readonly inputs: readonly InputArgument[];
  /** Folders of `-L`, in order; they count for every `-l`, wherever it stands. */
  readonly searchDirs: readonly string[];
  /** Symbols of `-u`: archives are searched for them although nothing refers to them. */
  readonly wanted: readonly string[];
  /** `-s`, `--strip-all`: no symbols. */
  readonly stripAll: boolean;
}

/**
 * Options that a static link fulfils as it is: they may stay in command lines made for gcc or by `pkg-config --static`.
 */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  '-static',
  '-Bstatic',
  '-dn',
  '-non_shared',
  '-pthread',
]);

/**
 * Reads the inputs of a link as ld does: files, `-l`, `-L`, `-u`, groups, `--whole-archive`, and `-Wl,` in front of any of them.
 * Throws UKL2001-2005, all problems together.
 */
export function parseProgramArguments(words: readonly string[]): ProgramArguments {
  const problems: Diagnostic[] = [];
  const inputs: InputArgument[] = [];
  const searchDirs: string[] = [];
  const wanted: string[] = [];
  let groupOpen = false;
  let stripAll = false;

  const openGroup = (): void => {
    if (groupOpen) problems.push(linkErrors.groupNotOpen());
    groupOpen = true;
    inputs.push({ kind: 'group-start' });
  };
  const closeGroup = (): void => {
    if (!groupOpen) problems.push(linkErrors.groupNotOpen());
    groupOpen = false;
    inputs.push({ kind: 'group-end' });
  };

  const queue = words.flatMap((word) => (word.startsWith('-Wl,') ? word.slice(4).split(',') : [word]));
  for (let i = 0; i < queue.length; i++) {
    const word = queue[i] ?? '';
    const option = valueOption(word);
    if (option !== undefined) {
      const value = option.value ?? queue[++i];
      if (value === undefined || value === '') problems.push(linkErrors.optionNeedsValue(option.name));
      else if (option.name === '-L') searchDirs.push(value);
      else if (option.name === '-u') wanted.push(value);
      else inputs.push(libraryInput(value));
    } else if (word === '--start-group' || word === '-(') openGroup();
    else if (word === '--end-group' || word === '-)') closeGroup();
    else if (word === '--whole-archive') inputs.push({ kind: 'whole-archive', on: true });
    else if (word === '--no-whole-archive') inputs.push({ kind: 'whole-archive', on: false });
    else if (word === '-s' || word === '--strip-all') stripAll = true;
    else if (!word.startsWith('-')) inputs.push({ kind: 'file', path: word });
    else if (!WITHOUT_EFFECT.has(word)) problems.push(linkErrors.unknownOption(word));
  }

  if (groupOpen) problems.push(linkErrors.groupNotClosed());
  if (!inputs.some((input) => input.kind === 'file' || input.kind === 'library')) {
    problems.push(linkErrors.noInput());
  }
  if (problems.length > 0) throw new UklError(problems);
  return { inputs, searchDirs, wanted, stripAll };
}

/** `-lfoo`, `-l foo`, `--library=foo`, `--library foo` and so on; undefined for every other word. */
function valueOption(word: string): { name: '-l' | '-L' | '-u'; value: string | undefined } | undefined {
  const long = /^--?(library|library-path|undefined)(?:=(.*))?$/s.exec(word);
  if (long !== null) {
    const name = long[1] === 'library' ? '-l' : long[1] === 'library-path' ? '-L' : '-u';
    return { name, value: long[2] };
  }
  const short = /^-([lLu])(.*)$/s.exec(word);
  if (short === null) return undefined;
  return { name: `-${short[1]}` as '-l' | '-L' | '-u', value: short[2] === '' ? undefined : short[2] };
}

function libraryInput(value: string): InputArgument {
  return value.startsWith(':')
    ? { kind: 'library', name: value.slice(1), exact: true }
    : { kind: 'library', name: value, exact: false };
}
