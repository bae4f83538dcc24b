/** A small deterministic generator (xorshift32): the same seed gives the same numbers on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    // Zero is the generator's only fixed point; the multiplication spreads neighbouring seeds.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1;
  }

  /** A 32-bit unsigned number. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }

  /** A number in [0, limit). */
  below(limit: number): number {
    return limit <= 0 ? 0 : this.next() % limit;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }
}
