import { readFileSync } from 'node:fs';

/**
 * Replaces every `@FILE` by the words in the file, those in turn too, as GNU ld and gcc do (libiberty, expandargv): a file that cannot be read
 * leaves the word as it is. Throws a RangeError when files name each other without end.
 */
export function expandResponseFiles(words: readonly string[]): string[] {
  const queue = [...words].reverse();
  const expanded: string[] = [];
  // libiberty's own bound.
  let files = 2000;
  for (let word = queue.pop(); word !== undefined; word = queue.pop()) {
    const text = word.length > 1 && word.startsWith('@') ? readText(word.slice(1)) : undefined;
    if (text === undefined) expanded.push(word);
    else if (files-- === 0) throw new RangeError(`response files name each other: ${word}`);
    else queue.push(...wordsOf(text).reverse());
  }
  return expanded;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Then it is a file of that name, for which ld looks next.
    return undefined;
  }
}

/** Words between blanks; '…' and "…" keep blanks, a backslash takes the next character as it is, in quotes too (libiberty, buildargv). */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let i = 0; i < text.length; i++) {
    let char = text.charAt(i);
    if (quote === undefined && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word ??= '';
    if (char === '\\') char = text.charAt(++i);
    else if (char === quote) {
      quote = undefined;
      continue;
    } else if (quote === undefined && (char === "'" || char === '"')) {
      quote = char;
      continue;
    }
    word += char;
  }
  if (word !== undefined) words.push(word);
  return words;
}
