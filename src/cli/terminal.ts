import { PassThrough } from 'node:stream';
import type { RunInput } from '../run/index.js';

const ESCAPE = 0x01; // Ctrl-A, as QEMU's own console has it
const QUIT = 'x'.charCodeAt(0);

/** What a person at the terminal should know. */
export const ESCAPE_HINT =
  'Ctrl-A x ends the program, twice the machine; Ctrl-A Ctrl-A is one Ctrl-A for the program';

/** Standard input as the machine's console: every key goes to the guest as it comes, Ctrl-C too. */
export interface ConsoleTerminal {
  readonly input: RunInput;
  /** Gives the terminal back as it was. */
  readonly restore: () => void;
}

/** A file or a pipe is passed on as it is; a terminal is switched to raw, with Ctrl-A x as the way out. */
export function consoleTerminal(onQuit: () => void): ConsoleTerminal {
  const { stdin } = process;
  if (!stdin.isTTY) return { input: { stream: stdin, kind: 'data' }, restore: () => void stdin.destroy() };
  const stream = new PassThrough();
  const keys = new KeyFilter();
  const onData = (bytes: Buffer): void => {
    const { passed, quit } = keys.filter(bytes);
    if (passed.length > 0) stream.write(passed);
    if (quit) onQuit();
  };
  stdin.setRawMode(true).on('data', onData);
  return {
    input: { stream, kind: 'terminal' },
    restore: () => {
      stdin.off('data', onData).setRawMode(false).pause();
    },
  };
}

/** Takes the escape sequences out of what is typed. They may be torn between two pieces. */
export class KeyFilter {
  #escaped = false;

  filter(bytes: Uint8Array): { readonly passed: Uint8Array; readonly quit: boolean } {
    const passed: number[] = [];
    let quit = false;
    for (const byte of bytes) {
      if (!this.#escaped && byte === ESCAPE) {
        this.#escaped = true;
        continue;
      }
      if (this.#escaped && byte === QUIT) quit = true;
      else passed.push(byte);
      this.#escaped = false;
    }
    return { passed: Uint8Array.from(passed), quit };
  }
}
