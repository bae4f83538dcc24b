import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { RunInput } from './options.js';

/** Passes the input of a run to its machine, no faster than the machine takes it. */
export class ProgramInput {
  #input: RunInput;
  #machine: Writable;
  #started = false;

  /** @param machine - QEMU's end: of the console for a terminal, of the input port for data. */
  constructor(input: RunInput, machine: Writable) {
    this.#input = input;
    this.#machine = machine;
    // It closes when QEMU ends; whoever waits for QEMU knows.
    machine.on('error', () => machine.destroy());
    if (input.kind === 'terminal') this.#start();
  }

  /** The guest has opened the port; an end of file that came before would have been lost. */
  ready(): void {
    if (!this.#started) this.#start();
  }

  /** Leaves the input alone; what has not been read stays in it. */
  stop(): void {
    this.#input.stream.off('data', this.#onData).off('end', this.#onEnd).pause();
  }

  #start(): void {
    this.#started = true;
    if (this.#input.stream.readableEnded) this.#onEnd();
    else this.#input.stream.on('data', this.#onData).on('end', this.#onEnd);
  }

  #onData = (chunk: Buffer | string): void => {
    if (this.#machine.destroyed || this.#machine.write(chunk)) return;
    this.#input.stream.pause();
    void once(this.#machine, 'drain').then(
      () => this.#input.stream.resume(),
      () => undefined,
    );
  };

  #onEnd = (): void => {
    // A terminal that goes away is no end of file: the program may run on without it.
    if (this.#input.kind === 'data') this.#machine.end();
  };
}
