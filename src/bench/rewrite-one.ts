import { readFile } from 'node:fs/promises';
import { asIoError, writeFileAtomic } from '../host/index.js';
import type { SyscallMode } from '../rewrite/index.js';
import { rewriteFile } from '../rewrite/rewrite-file.js';

/** Rewrites one object or archive as a link does, without the cache. Throws UKL1xxx, UKL6003-6005. */
export async function rewriteOne(input: string, output: string, syscalls: SyscallMode): Promise<void> {
  const bytes = await readFile(input).catch((error: unknown) => {
    throw asIoError(error, input, 'read');
  });
  await writeFileAtomic(output, rewriteFile(bytes, { file: input }, { syscalls }).bytes);
}
