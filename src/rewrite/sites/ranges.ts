/** A range of bytes, the one at `end` not included. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Ranges by their starts, looked up by halving: an object may have as many system call sites as functions and unwind tables. */
export class Ranges<T extends Range> {
  readonly all: readonly T[];
  /** The largest end of each range and of all before it. */
  readonly #reach: readonly number[];

  constructor(ranges: readonly T[]) {
    this.all = [...ranges].sort((a, b) => a.start - b.start);
    let reach = 0;
    this.#reach = this.all.map(({ end }) => (reach = Math.max(reach, end)));
  }

  /** The ranges that have a byte in common with [start, end), the one that begins last first. */
  *overlapping(start: number, end: number): IterableIterator<T> {
    let low = 0;
    for (let high = this.all.length; low < high;) {
      const middle = (low + high) >>> 1;
      if ((this.all[middle]?.start ?? 0) < end) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= 0 && (this.#reach[i] ?? 0) > start; i--) {
      const range = this.all[i];
      if (range !== undefined && range.end > start) yield range;
    }
  }
}
