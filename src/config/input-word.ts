import { isFile, readLdWords } from '../inputs/index.js';

/** What a path that a configuration file names is from here: relative ones belong to the file's folder. */
export type Located = (path: string) => string;

/** Whether an input is an option without the value that ld would take from the next word: in a file it stands in the same string. */
export function lacksValue(input: string): boolean {
  return [...readLdWords(wordsOf(input))].some(
    ({ option, value }) => option?.value === 'next' && value === undefined,
  );
}

/** Locates the paths within an input in ld's spelling: files, `-LDIR`, `@FILE`, `-Wl,…`. */
export function locateInput(input: string, located: Located): string[] {
  const words = wordsOf(input);
  const read = [...readLdWords(words)];
  return read.flatMap((word, i) => {
    const { text, option, value = '' } = word;
    if (isFile(word)) return [text.startsWith('@') ? `@${located(text.slice(1))}` : located(text)];
    if (option?.effect === 'folder') return [`-L${located(value)}`];
    return words.slice(word.position, read[i + 1]?.position);
  });
}

const wordsOf = (input: string): string[] => (input.startsWith('-Wl,') ? input.slice(4).split(',') : [input]);
