import { UklError, linkErrors } from '../errors/index.js';

/** Whether a text is GNU ld's list of libraries, as Debian's libm.a is one. */
export function looksLikeScript(text: string): boolean {
  return /\b(?:GROUP|INPUT)\s*\(/.test(text) && !text.includes('\0');
}

/** `dir/libx.a` of a script: the files of INPUT and GROUP, in order. Throws UKL2010 for a script that does more. */
export function librariesOfScript(path: string, text: string): string[] {
  const code = text.replace(/\/\*.*?\*\//gs, ' ').trim();
  const files: string[] = [];
  const rest = code
    .replace(/\bOUTPUT_FORMAT\s*\([^)]*\)/g, ' ')
    .replace(/\bAS_NEEDED\s*\([^)]*\)/g, ' ')
    .replace(/\b(?:GROUP|INPUT)\s*\(([^)]*)\)/g, (_, list: string) => {
      files.push(...list.split(/[\s,]+/).filter((file) => file !== ''));
      return ' ';
    })
    .trim();
  if (rest !== '') throw new UklError(linkErrors.badLinkerScript({ file: path }, firstLine(rest)));
  return files;
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 80);
}
