/** One line of the table of `--print-stats`. */
export interface PassStats {
  readonly name: string;
  /** Wall time in milliseconds. */
  readonly milliseconds: number;
  /** Bytes that the pass produced. */
  readonly bytes: number;
}

/** Measures the passes of a run, in order. The first line is what the process did before: Node's start and the tool's own. */
export class PassTimer {
  readonly #passes: PassStats[] = [];
  readonly #started = performance.now();

  constructor() {
    // performance.now() counts from the start of the process.
    this.#passes.push({ name: 'start-up', milliseconds: this.#started, bytes: 0 });
  }

  get passes(): readonly PassStats[] {
    return this.#passes;
  }

  /** Milliseconds since the process started. */
  get total(): number {
    return performance.now();
  }

  /** Runs one pass; `size` says how many bytes its result has. */
  async run<T>(name: string, pass: () => T | Promise<T>, size: (result: T) => number): Promise<T> {
    const start = performance.now();
    const result = await pass();
    this.#passes.push({ name, milliseconds: performance.now() - start, bytes: size(result) });
    return result;
  }
}
