import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { RunInput } from './options.js';

/** ^D: the end of file of a terminal in canonical mode, which is how /init sets the console up for data. */
const endOfFile = 0x04;
const newline = 0x0a;

/**
 * Passes what comes in to the guest's console. The end of the input becomes ^D; behind an unfinished line it takes
 * two, as on any terminal: the first only hands over the line.
 */
export class ConsoleInput {
  #input: RunInput | undefined;
  #console: Writable;
  #started = false;
  #lastByte = newline;

  /** @param input - None: the program sees the end of file at once. */
  constructor(input: RunInput | undefined, console: Writable) {
    this.#input = input;
    this.#console = console;
    // The console closes when QEMU ends; whoever waits for QEMU knows.
    console.on('error', () => console.destroy());
    if (input?.kind === 'terminal') this.#start();
  }

  /** The guest's console takes input now; before, the UART would have lost it. */
  ready(): void {
    if (!this.#started) this.#start();
  }

  /** Leaves the input alone; what has not been read stays in it. */
  stop(): void {
    this.#input?.stream.off('data', this.#onData).off('end', this.#onEnd).pause();
  }

  #start(): void {
    this.#started = true;
    if (this.#input === undefined) this.#onEnd();
    else if (this.#input.stream.readableEnded) this.#onEnd();
    else this.#input.stream.on('data', this.#onData).on('end', this.#onEnd);
  }

  #onData = (chunk: Buffer | string): void => {
    const bytes = Buffer.from(chunk as Buffer);
    this.#lastByte = bytes.at(-1) ?? this.#lastByte;
    if (this.#console.destroyed || this.#console.write(bytes)) return;
    this.#input?.stream.pause();
    void once(this.#console, 'drain').then(
      () => this.#input?.stream.resume(),
      () => undefined,
    );
  };

  #onEnd = (): void => {
    if (this.#console.destroyed) return;
    this.#console.write(Buffer.from(this.#lastByte === newline ? [endOfFile] : [endOfFile, endOfFile]));
  };
}
