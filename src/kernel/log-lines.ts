/** Kinds of lines that say why a build failed, the most telling first. */
const TELLING: readonly RegExp[] = [
  // Compiler, assembler and preprocessor; the linker; objtool; host tools that are not there.
  /: (fatal )?error: |^Error: |: Error: |undefined reference|^ld: |\bld: .*(error|cannot|undefined|overflow|truncated)|objtool: .*error|: not found$|multiple definition/i,
  // make's own words.
  /\*\*\* |No rule to make target/,
];

/** Most lines shown of one kind. */
const LIMIT = 12;

/** The lines of a build log that decide: the first errors, or make's complaint, or else the log's end. */
export function decisiveLines(log: string): string[] {
  const lines = log.trimEnd().split('\n');
  for (const pattern of TELLING) {
    const found = lines.filter((line) => pattern.test(line));
    if (found.length > 0) return found.slice(0, LIMIT);
  }
  return lines.slice(-LIMIT);
}

/** The build ran out of disk space: make passes on what its tools say. */
export function saysDiskFull(log: string): boolean {
  return /No space left on device|Disk quota exceeded/.test(log);
}
