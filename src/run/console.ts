/** Lines remembered for a report: more than a panic's registers and stack trace take. */
const tailLines = 40;

/** A line longer than this is remembered from its end only, so that endless output without newlines stays small. */
const longestLine = 1000;

const panicReason = /Kernel panic - not syncing: (.*)$/;

/** Printed when a panicked kernel will stay halted (kernel/panic.c): panic=0 somewhere on the command line. */
const panicEnd = /^(?:\[ *\d+\.\d{6}\] )?---\[ end Kernel panic - not syncing: .* \]---$/;

/** Remembers the end of a console's output and what in it tells of the kernel's fate. */
export class ConsoleWatch {
  #decoder = new TextDecoder();
  #lines: string[] = [];
  #open = '';
  #bytes = 0;
  #panic: string | undefined;
  #halted = false;
  #restarting = false;

  /** Takes the next bytes; they need not be whole lines or whole characters. */
  push(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    const lines = (this.#open + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#open = (lines.pop() ?? '').slice(-longestLine);
    for (const line of lines) this.#take(line.replace(/\r+$/, '').slice(-longestLine));
  }

  #take(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > tailLines) this.#lines.shift();
    this.#panic ??= panicReason.exec(line)?.[1];
    this.#halted ||= panicEnd.test(line);
    this.#restarting ||= line.endsWith('reboot: Restarting system');
  }

  /** Bytes seen. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The kernel's reason, of the first panic. */
  get panic(): string | undefined {
    return this.#panic;
  }

  /** A panicked kernel that will not reset the machine. */
  get halted(): boolean {
    return this.#halted;
  }

  /** The kernel said that it restarts the machine. */
  get restarting(): boolean {
    return this.#restarting;
  }

  /** The last lines, the open one included. */
  tail(): string[] {
    return [...this.#lines, ...(this.#open === '' ? [] : [this.#open])].slice(-tailLines);
  }
}
