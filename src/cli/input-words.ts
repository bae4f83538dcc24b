import { expandResponseFiles } from '../inputs/response-files.js';
import { UsageError } from './status.js';

/**
 * An option of a command whose other words are inputs: everything on the command line that is no option of it is an input of the link, in ld's
 * spelling.
 */
export interface InputOption {
  readonly alias?: string;
  /** What the value is called on the help page; a switch has none. */
  readonly value?: string;
  /** The value may be left out; then it must be given as `--name=VALUE`. */
  readonly optional?: boolean;
  /** May be given more than once. */
  readonly many?: boolean;
  readonly describe: string;
}

export type InputOptions = Readonly<Record<string, InputOption>>;

/** A command line of inputs and options, taken apart. */
export interface InputWords<Name extends string> {
  /** The inputs, in order, in ld's spelling. */
  readonly program: readonly string[];
  /** Whether `--with-program` introduces them. */
  readonly introduced: boolean;
  /** What each option was given, in order; a switch that was given has one empty string, as has an optional value left out. */
  readonly given: Readonly<Partial<Record<Name, readonly string[]>>>;
}

/** `--with-program` only introduces inputs: ld's own options may stand between these. */
const INPUTS = 'with-program';

/**
 * Takes such a command line apart. By hand and not with yargs: the order of inputs and `-l` counts, unknown words
 * are inputs, and loading yargs would take longer than some passes of a link. `@FILE` stands for the words in that file. Throws a UsageError.
 */
export function readInputWords<Name extends string>(
  words: readonly string[],
  options: Readonly<Record<Name, InputOption>>,
): InputWords<Name> {
  const program: string[] = [];
  let introduced = false;
  const given: Partial<Record<Name, string[]>> = {};
  const queue = [...expanded(words)];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const [, long, longValue] = /^--([a-z-]+)(?:=([^]*))?$/.exec(word) ?? [];
    if (long === INPUTS) {
      const first = longValue ?? queue.shift();
      if (first === undefined || first === '') throw new UsageError('--with-program needs a file');
      program.push(first);
      introduced = true;
      continue;
    }
    const found = findOption(word, long, longValue, options);
    if (found === undefined) {
      program.push(word);
      continue;
    }
    const { name, option } = found;
    const alone = option.value === undefined || option.optional === true;
    const value = found.value ?? (alone ? '' : queue.shift());
    if (value === undefined) throw new UsageError(`--${name} needs a value (${option.value})`);
    if (option.value === undefined && found.value !== undefined)
      throw new UsageError(`--${name} takes no value`);
    if (option.many !== true && given[name] !== undefined) throw new UsageError(`--${name} is given twice`);
    (given[name] ??= []).push(value);
  }
  return { program, introduced, given };
}

function expanded(words: readonly string[]): string[] {
  try {
    return expandResponseFiles(words);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

interface FoundOption<Name> {
  readonly name: Name;
  readonly option: InputOption;
  readonly value: string | undefined;
}

/** `--name`, `--name=value`, `-o`, `-ovalue`. */
function findOption<Name extends string>(
  word: string,
  long: string | undefined,
  longValue: string | undefined,
  options: Readonly<Record<Name, InputOption>>,
): FoundOption<Name> | undefined {
  for (const [key, option] of Object.entries<InputOption>(options)) {
    const name = key as Name;
    if (long === key) return { name, option, value: longValue };
    if (option.alias === undefined || !word.startsWith(`-${option.alias}`)) continue;
    return { name, option, value: word.length > 2 ? word.slice(2).replace(/^=/, '') : undefined };
  }
  return undefined;
}
