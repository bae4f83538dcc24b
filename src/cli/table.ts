/** A cell of a table; numbers stand on the right of their column. */
export type Cell = string | number;

export interface TableOptions {
  readonly indent?: string;
  /** Columns of text, such as numbers with a unit, that stand on the right as well. */
  readonly right?: readonly number[];
}

/** Rows as lines of aligned columns; a first row may be a heading. Empty columns at the end of a line leave no blanks. */
export function table(
  rows: readonly (readonly Cell[])[],
  { indent = '', right = [] }: TableOptions = {},
): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(0, ...rows.map((row) => String(row[column] ?? '').length)),
  );
  // A heading is text, so the rows below it decide.
  const onRight = widths.map(
    (_, column) => right.includes(column) || rows.some((row) => typeof row[column] === 'number'),
  );
  const line = (row: readonly Cell[]): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return onRight[column] ? String(cell).padStart(width) : String(cell).padEnd(width);
      })
      .join('  ');
  return rows.map((row) => `${indent}${line(row)}`.trimEnd()).join('\n');
}

/** `name   value` lines; a name without a value is left out. */
export function facts(pairs: readonly (readonly [name: string, value: string | undefined])[]): string {
  const known = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
  return table(known, { indent: '  ' });
}
