/**
 * Which member of an archive defines a symbol, kept as one line of text: ` "NAME" MEMBER` for each symbol, sorted. It is looked up where
 * it stands, by halving, so that a link which asks for a few hundred names of a library's thousands makes no object for the others.
 */
export function formatDefiners(definers: ReadonlyMap<string, number>): string {
  const entries = [...definers].map(([name, member]) => [keyOf(name), member] as const);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `${entries.map(([key, member]) => key + member).join('')}${SEPARATOR}`;
}

/** The member that `line`, made by `formatDefiners`, names for a symbol. */
export function definerIn(line: string, name: string): number | undefined {
  const key = keyOf(name);
  // An entry that begins at or behind `low`, and in front of `high`, is the only one that can match.
  let low = 0;
  let high = line.length - 1;
  while (low < high) {
    const start = line.lastIndexOf(SEPARATOR, (low + high) >> 1);
    const end = line.indexOf(SEPARATOR, start + 1);
    if (line.startsWith(key, start)) return Number(line.slice(start + key.length, end));
    if (line.slice(start, end) < key) low = end;
    else high = start;
  }
  return undefined;
}

/** In front of each entry, and behind the last. No name in JSON holds it. */
const SEPARATOR = '\t';

/** What an entry begins with. As JSON, so that no name can be taken for the end of an entry; the quote behind it ends the name. */
function keyOf(name: string): string {
  return `${SEPARATOR}${JSON.stringify(name)} `;
}
