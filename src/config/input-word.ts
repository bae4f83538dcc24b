/** Options of ld whose value may stand in the next word. In a configuration file it stands in the same one. */
export const LONE_OPTIONS: ReadonlySet<string> = new Set([
  '-l',
  '-L',
  '-u',
  '--library',
  '--library-path',
  '--undefined',
]);

/** What a path that a configuration file names is from here: relative ones belong to the file's folder. */
export type Located = (path: string) => string;

/** Locates the paths within an input in ld's spelling: files, `-LDIR`, `-Wl,…`. */
export function locateInput(word: string, located: Located): string[] {
  if (word.startsWith('-Wl,')) {
    return word
      .slice(4)
      .split(',')
      .flatMap((part) => locateInput(part, located));
  }
  const [, option, folder] = /^(-L|--library-path=)([^]+)$/.exec(word) ?? [];
  if (option !== undefined && folder !== undefined) return [option + located(folder)];
  return [word.startsWith('-') ? word : located(word)];
}
