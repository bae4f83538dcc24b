import { abbreviatedLdOption, ldOption, type LdOption } from './ld-options.js';

/** One thing that ld's command line says. */
export interface LdWord {
  /** Position of its first word, and the one behind its last. */
  readonly position: number;
  readonly end: number;
  /** As it was written, for messages. */
  readonly text: string;
  /** Undefined for an input file, and for a word that is no option of ld's. */
  readonly option: LdOption | undefined;
  /** The option's value, undefined when it has none or its value is missing; of an input file, its path. */
  readonly value: string | undefined;
}

/**
 * Takes ld's command line apart as ld does (getopt_long_only): long options with one dash or two, their values behind `=` or in the next
 * word, those of short options also without a blank. Response files must be expanded before.
 */
export function* readLdWords(words: readonly string[]): IterableIterator<LdWord> {
  for (let i = 0; i < words.length; i++) {
    const text = words[i] ?? '';
    const position = i;
    if (!text.startsWith('-') || text === '-') {
      yield { position, end: i + 1, text, option: undefined, value: text };
      continue;
    }
    const found = findOption(text);
    const takesNext = found?.option.value === 'next' && found.value === undefined;
    const value = takesNext ? words[++i] : found?.value;
    yield { position, end: i + 1, text, option: found?.option, value };
  }
}

/** Whether this is an input file. */
export function isFile(word: LdWord): boolean {
  return word.value === word.text;
}

interface Found {
  readonly option: LdOption;
  /** What stands in the same word. */
  readonly value: string | undefined;
}

function findOption(text: string): Found | undefined {
  const [, dashes = '', name = '', value] = /^(--?)([^=]+)(?:=(.*))?$/s.exec(text) ?? [];
  // With one dash, `-omagic` is an output file: long options that begin with o need two.
  const isLong = name.length > 1 && (dashes === '--' || !name.startsWith('o'));
  const isShort = name.length === 1 && dashes === '-' && value === undefined;
  const exact = isLong || isShort ? ldOption(name) : undefined;
  if (exact !== undefined) return { option: exact, value };
  if (dashes === '--') {
    const option = abbreviatedLdOption(name);
    return option === undefined ? undefined : { option, value };
  }
  const short = ldOption(text.charAt(1));
  if (short === undefined || (short.value === 'no' && text.length > 2)) return undefined;
  return { option: short, value: text.length > 2 ? text.slice(2) : undefined };
}
