import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeCpio } from '../../src/image/cpio.js';
import { defaultRootfs, type RootfsEntry } from '../../src/image/rootfs.js';

const run = promisify(execFile);
const packageRoot = join(import.meta.dirname, '../..');

/** Builds guest/init.c as it is now, which dist/init need not be. */
export async function buildInit(dir: string): Promise<Uint8Array> {
  const output = join(dir, 'init');
  await run(join(packageRoot, 'guest/build.sh'), [output]);
  return readFile(output);
}

/** Builds the ring-3 program of test/support/guest-program.c. */
export async function buildGuestProgram(dir: string): Promise<Uint8Array> {
  const output = join(dir, 'program');
  await run('gcc', ['-O1', '-static', '-s', '-o', output, join(import.meta.dirname, 'guest-program.c')]);
  return readFile(output);
}

/** Writes the default root file system with an ordinary program in the trigger's place, and more or fewer files. */
export async function writeGuestInitrd(
  file: string,
  content: Parameters<typeof defaultRootfs>[0],
  change: (entries: RootfsEntry[]) => RootfsEntry[] = (entries) => entries,
): Promise<string> {
  await writeFile(file, writeCpio(change(defaultRootfs(content))));
  return file;
}
