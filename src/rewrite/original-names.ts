import { PREFIX } from '../ld/linker-symbols.js';

/** Turns what a tool says of rewritten files back into the user's words: paths of the originals, names without the prefix. */
export function originalNames(paths: ReadonlyMap<string, string>): (text: string) => string {
  const words = new RegExp(`(?<![\\w$])${PREFIX}(?=[\\w.$])`, 'g');
  return (text) => {
    let result = text;
    for (const [original, rewritten] of paths) result = result.replaceAll(rewritten, original);
    return result.replace(words, '');
  };
}
