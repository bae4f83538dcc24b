/** A symbol or a function of ld's expression language (`ADDR(…)`), or a number. A symbol in quotes may hold anything. */
const WORD = /"([^"]+)"|([A-Za-z_.$][\w.$]*)(\s*\()?|\d\w*/g;

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
