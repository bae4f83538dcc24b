import { open } from 'node:fs/promises';
import { asIoError } from '../host/index.js';

/** Takes bytes of the console as they come. */
export type ConsoleLog = (bytes: Uint8Array) => Promise<void>;

/**
 * Keeps what a machine's console shows in a file that is new for each run: it holds everything up to the last byte, however the machine ends.
 * Throws UKL6003, UKL6004.
 */
export async function withConsoleLog<T>(file: string, work: (log: ConsoleLog) => Promise<T>): Promise<T> {
  const failed = (error: unknown): never => {
    throw asIoError(error, file, 'write');
  };
  const handle = await open(file, 'w').catch(failed);
  try {
    return await work(async (bytes) => void (await handle.writeFile(bytes).catch(failed)));
  } finally {
    await handle.close().catch(failed);
  }
}
