import { COMPRESSIONS } from '../image/compression.js';
import { UsageError } from './status.js';

/** An option of a link. Everything on the command line that is none of these is an input of the link, in ld's spelling. */
interface LinkOption {
  readonly alias?: string;
  /** What the value is called on the help page; a switch has none. */
  readonly value?: string;
  /** May be given more than once. */
  readonly many?: boolean;
  readonly describe: string;
}

export const linkOptions = {
  output: { alias: 'o', value: 'FILE', describe: 'The image to write' },
  args: {
    value: 'WORDS',
    many: true,
    describe: 'Arguments of the program, split as a shell splits words; may be repeated',
  },
  env: {
    value: 'NAME=VALUE',
    many: true,
    describe: 'A variable of the program’s environment; may be repeated',
  },
  cmdline: { value: 'TEXT', describe: 'Kernel command line of the image' },
  rootfs: { value: 'PATH', describe: 'Folder or cpio archive that replaces the small root file system' },
  compress: {
    value: COMPRESSIONS.join('|'),
    describe: `Compression of the image [${COMPRESSIONS[0]}]; none is a larger LZ4 stream that is only copied`,
  },
  kit: { value: 'KEY', describe: 'The kernel: first digits of a kit’s key, or a folder [the kit made last]' },
  syscalls: {
    value: 'redirect|native',
    describe:
      'Jump to the kernel for system calls, where that is proven right, or leave all alone [redirect]',
  },
  map: { value: 'FILE', describe: 'Write what became of every system call site to a text file' },
  'print-stats': { describe: 'Print time and bytes of every pass, and how many system calls are redirected' },
  json: { describe: 'Print one JSON document instead of text' },
} as const satisfies Readonly<Record<string, LinkOption>>;

export type LinkOptionName = keyof typeof linkOptions;

/** A link's command line, taken apart. */
export interface LinkWords {
  /** The inputs, in order, in ld's spelling. */
  readonly program: readonly string[];
  /** What each option was given, in order; a switch that was given has one empty string. */
  readonly given: Readonly<Partial<Record<LinkOptionName, readonly string[]>>>;
}

/** `--with-program` only introduces inputs: ld's own options may stand between these. */
const INPUTS = 'with-program';

/**
 * Takes a link's command line apart. By hand and not with yargs: the order of inputs and `-l` counts, unknown words
 * are inputs, and loading yargs would take longer than some passes of a link. Throws a UsageError.
 */
export function readLinkWords(words: readonly string[]): LinkWords {
  const program: string[] = [];
  const given: Partial<Record<LinkOptionName, string[]>> = {};
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const [, long, longValue] = /^--([a-z-]+)(?:=([^]*))?$/.exec(word) ?? [];
    if (long === INPUTS) {
      const first = longValue ?? queue.shift();
      if (first === undefined || first === '') throw new UsageError('--with-program needs a file');
      program.push(first);
      continue;
    }
    const found = findOption(word, long, longValue);
    if (found === undefined) {
      program.push(word);
      continue;
    }
    const { name, option } = found;
    const value = option.value === undefined ? '' : (found.value ?? queue.shift());
    if (value === undefined) throw new UsageError(`--${name} needs a value (${option.value})`);
    if (option.value === undefined && found.value !== undefined)
      throw new UsageError(`--${name} takes no value`);
    if (option.many !== true && given[name] !== undefined) throw new UsageError(`--${name} is given twice`);
    (given[name] ??= []).push(value);
  }
  return { program, given };
}

interface FoundOption {
  readonly name: LinkOptionName;
  readonly option: LinkOption;
  readonly value: string | undefined;
}

/** `--name`, `--name=value`, `-o`, `-ovalue`. */
function findOption(
  word: string,
  long: string | undefined,
  longValue: string | undefined,
): FoundOption | undefined {
  for (const [key, option] of Object.entries<LinkOption>(linkOptions)) {
    const name = key as LinkOptionName;
    if (long === key) return { name, option, value: longValue };
    if (option.alias === undefined || !word.startsWith(`-${option.alias}`)) continue;
    return { name, option, value: word.length > 2 ? word.slice(2).replace(/^=/, '') : undefined };
  }
  return undefined;
}
