import { readFile, readdir } from 'node:fs/promises';
import { UklError } from '../../src/index.js';
import { littleMemory, patience } from './patience.js';
import { runImage, type Outcome, type RunOptions } from '../../src/run/index.js';

/** A run as one value that a test can compare. */
export interface Lived {
  readonly end:
    { readonly outcome: Outcome; readonly exitCode: number } | { readonly codes: readonly string[] };
  /** Of the error, if it was one. */
  readonly message: string;
  /** Codes of the notes. */
  readonly notes: readonly string[];
  /** Every byte of the console, as latin1. */
  readonly console: string;
}

/** Runs an image with a small machine and a time limit; an error of the catalogue is a result here. */
export async function live(options: RunOptions): Promise<Lived> {
  const chunks: Uint8Array[] = [];
  const notes: string[] = [];
  const lived = (end: Lived['end'], message: string): Lived => ({
    end,
    message,
    notes,
    console: Buffer.concat(chunks).toString('latin1'),
  });
  try {
    const { outcome, exitCode } = await runImage({
      memory: littleMemory,
      onConsole: (bytes) => void chunks.push(bytes),
      onNote: (note) => void notes.push(note.code),
      timeout: 120 * patience,
      ...options,
    });
    return lived({ outcome, exitCode }, '');
  } catch (error) {
    if (!(error instanceof UklError)) throw error;
    return lived({ codes: error.diagnostics.map((d) => d.code) }, error.message);
  }
}

/** Command lines of this machine's processes that name a file. */
export async function processesNaming(file: string): Promise<string[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    // A process may end between the two looks.
    processes.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')),
  );
  return commands.filter((command) => command.includes(file));
}
