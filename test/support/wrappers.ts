import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/host/index.js';
import { LINK_SECTION } from '../../src/record/format.js';

export const bin = join(packageRoot, 'bin');

/** PATH with the wrappers in front. */
export const wrapperPath = `${bin}:${process.env.PATH ?? ''}`;

export interface Ran {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Content of every file that is there afterwards, by its path. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/**
 * Runs a shell script in a new folder with `sources`, once with plain compilers in `$CC` and `$CXX`, once with the wrappers. Both runs see the same
 * path, so that nothing of it in the outputs can differ.
 */
export function runBoth(
  folder: string,
  sources: Readonly<Record<string, string>>,
  script: string,
): { readonly plain: Ran; readonly wrapped: Ran } {
  const run = (kept: string, variables: NodeJS.ProcessEnv): Ran => {
    const place = join(folder, 'work');
    mkdirSync(place);
    for (const [name, text] of Object.entries(sources)) writeFileSync(join(place, name), text);
    const env = { ...process.env, LC_ALL: 'C', PATH: wrapperPath, ...variables };
    const { status, signal, stdout, stderr } = spawnSync('sh', ['-c', script], {
      cwd: place,
      env,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      timeout: 300_000,
    });
    const files = new Map(
      readdirSync(place, { recursive: true, encoding: 'utf8' })
        .filter((name) => statSync(join(place, name)).isFile())
        .map((name) => [name, readFileSync(join(place, name))]),
    );
    renameSync(place, join(folder, kept));
    return { status, signal, stdout: anonymous(stdout), stderr: anonymous(stderr), files };
  };
  const plain = run('plain', { CC: 'gcc', CXX: 'g++' });
  return { plain, wrapped: run('wrapped', { CC: 'ukl-gcc', CXX: 'ukl-g++' }) };
}

/**
 * Names of gcc's temporary files are never the same twice. And the one difference that there may be: asked to show how it calls the linker, gcc
 * shows the path of ours.
 */
function anonymous(text: string): string {
  return text.replace(/\/tmp\/cc\w{6}/g, '/tmp/cc').replaceAll(`${bin}/../libexec/ukl/ld `, '/usr/bin/ld ');
}

/** Whether an executable has a record. */
export function hasRecord(file: Buffer): boolean {
  return file.includes(`\0${LINK_SECTION}\0`);
}

/** An executable as the linker made it: without what the record has put behind it, and with the header that it had. */
export function withoutRecord(wrapped: Buffer, plain: Buffer): Buffer {
  const bytes = Buffer.from(wrapped.subarray(0, plain.length));
  // e_shoff, e_shnum: where the section headers are, and how many.
  plain.copy(bytes, 0x28, 0x28, 0x30);
  plain.copy(bytes, 0x3c, 0x3c, 0x3e);
  return bytes;
}

/** Names of the sections, as readelf shows them. */
export function sectionsOf(path: string): string[] {
  return execFileSync('readelf', ['-SW', path], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => /^\s*\[\s*\d+\]\s+(\.\S+)/.exec(line)?.[1] ?? []);
}
