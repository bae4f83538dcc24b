/** Options whose value may follow without a space, as `docker run -p6379:6379` takes it. */
const ATTACHED = /^-[ejmp](?=[^=])/;

/**
 * Takes `-p80:80` apart into `-p=80:80`: yargs would read it as switches, one a letter. What stands behind `--`
 * belongs to the program and is left alone.
 */
export function separateValues(words: readonly string[]): string[] {
  const end = words.indexOf('--');
  return words.map((word, i) =>
    end !== -1 && i > end ? word : word.replace(ATTACHED, (option) => `${option}=`),
  );
}

/**
 * Splits a string into words as a shell does: blanks separate, '…' takes everything as it is, "…" and \ quote. Nothing
 * is expanded. Returns undefined when a quote is left open.
 */
export function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  const token = /\s+|'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|([^\s'"\\]+)/gy;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (match === null) return undefined;
    const [, single, double, escaped, plain] = match;
    const piece = single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain;
    if (piece !== undefined) word = (word ?? '') + piece;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}
