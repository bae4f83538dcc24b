import { readFile, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { UklError, hostErrors } from '../errors/index.js';
import { packageRoot } from '../host/index.js';
import { writeCpio } from '../image/cpio.js';

const run = promisify(execFile);

/** The program of `bench guest`. */
export interface GuestProgram {
  /** Its objects: what a link for ring 0 takes. */
  readonly objects: readonly string[];
  /** An archive that holds the same objects, linked for ring 3, as /ring3. */
  readonly initrd: string;
  /** First line of `gcc --version`. */
  readonly compiler: string;
}

/** Where its sources are in the package. */
const SOURCES = join(packageRoot, 'guest', 'bench');

/**
 * Compiles guest/bench, once for both rings, in a folder. gcc must be there.
 *
 * @throws UklError UKL6007 when gcc fails
 */
export async function makeGuestProgram(folder: string): Promise<GuestProgram> {
  const sources = (await readdir(SOURCES)).filter((name) => name.endsWith('.c')).sort();
  const objects = sources.map((name) => join(folder, `${basename(name, '.c')}.o`));
  const ring3 = join(folder, 'ring3');
  for (const [i, name] of sources.entries())
    await gcc('-std=gnu11', '-D_GNU_SOURCE', '-O2', '-c', join(SOURCES, name), '-o', objects[i] ?? '');
  await gcc('-static', ...objects, '-o', ring3);
  const initrd = join(folder, 'initrd');
  const data = await readFile(ring3);
  await writeFile(initrd, writeCpio([{ type: 'file', path: 'ring3', mode: 0o755, data }]));
  const [compiler = ''] = (await gcc('--version')).split('\n');
  return { objects, initrd, compiler };
}

async function gcc(...args: string[]): Promise<string> {
  try {
    return (await run('gcc', args)).stdout;
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    throw new UklError(hostErrors.toolFailed('gcc', `status ${String(code)}`, (stderr ?? '').trim()), {
      cause: error,
    });
  }
}
