/**
 * What an expression of ld's language consists of, as far as it has letters: a symbol, in quotes if it holds anything unusual; a function of
 * symbols, or one of a section; a number.
 */
const WORD = /\b(?:ADDR|LOADADDR|SIZEOF|ALIGNOF)\s*\([^)]*\)|"([^"]+)"|([A-Za-z_.$][\w.$]*)(\s*\()?|\d\w*/g;

/** The symbols that an expression of ld's language refers to. */
export function symbolsOf(expression: string): string[] {
  const names: string[] = [];
  mapSymbols(expression, (name) => (names.push(name), name));
  return names;
}

/** The same expression over other symbols. */
export function mapSymbols(expression: string, map: (name: string) => string): string {
  return expression.replace(WORD, (text: string, quoted?: string, name?: string, call?: string) => {
    if (quoted !== undefined) return `"${map(quoted)}"`;
    return name === undefined || name === '.' || call !== undefined ? text : map(name);
  });
}
