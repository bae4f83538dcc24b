import { existsSync, statSync } from 'node:fs';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UklError, kernelErrors } from '../errors/index.js';
import { asIoError, installCommand } from '../host/index.js';
import { sha256, sha256File } from './digest.js';
import { runToolOrThrow } from './process.js';
import { sourceRequirement } from './requirements.js';

/** Where the kernel's source comes from. */
export interface Source {
  readonly kind: 'tarball' | 'folder';
  readonly path: string;
  /** Tells one source from another: SHA-256 in hex, of the tarball or of a folder's names, sizes and times. */
  readonly digest: string;
}

/**
 * Finds the source: the given tarball or folder, else the tarball of Debian's package. Throws UKL4001 when it is not there,
 * UKL4002 when a folder is not a kernel tree.
 */
export async function findSource(given?: string): Promise<Source> {
  const path = resolve(given ?? sourceRequirement.name);
  if (!existsSync(path)) {
    throw new UklError(kernelErrors.sourceMissing(path, installCommand([sourceRequirement.package])));
  }
  if (statSync(path).isDirectory()) {
    await kernelVersion(path);
    return { kind: 'folder', path, digest: await folderDigest(path) };
  }
  return { kind: 'tarball', path, digest: await sha256File(path) };
}

/** Lays the source out as a new folder, without its history and without what an earlier build left in it. */
export async function unpackSource(source: Source, folder: string, signal?: AbortSignal): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw asIoError(error, folder, 'write');
  });
  if (source.kind === 'tarball') {
    const args = ['--extract', '--no-same-owner', '--strip-components=1', '--directory', folder];
    await runToolOrThrow('tar', [...args, '--file', source.path], { signal });
    return;
  }
  const entries = (await readdir(source.path)).filter((name) => name !== '.git');
  const args = ['--archive', '--reflink=auto', '--target-directory', folder, '--'];
  await runToolOrThrow('cp', [...args, ...entries], { cwd: source.path, signal });
  await runToolOrThrow('make', ['mrproper'], { cwd: folder, signal });
}

/** `6.1.192`: VERSION, PATCHLEVEL and SUBLEVEL of the top Makefile. */
export async function kernelVersion(folder: string): Promise<string> {
  const file = join(folder, 'Makefile');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) throw new UklError(kernelErrors.notKernelSource(folder, 'it has no Makefile'));
  const parts = ['VERSION', 'PATCHLEVEL', 'SUBLEVEL'].map(
    (name) => new RegExp(`^${name} = (\\d+)$`, 'm').exec(text)?.[1],
  );
  if (parts.includes(undefined)) {
    throw new UklError(kernelErrors.notKernelSource(folder, 'its Makefile names no kernel version'));
  }
  return parts.join('.');
}

/** Reading 1.3 GB would take longer than it is worth: names, sizes and times of change tell an edited tree as well. */
async function folderDigest(folder: string): Promise<string> {
  const args = ['.', '-name', '.git', '-prune', '-o', '-type', 'f', '-printf', '%P %s %T@\\n'];
  const listing = await runToolOrThrow('find', args, { cwd: folder });
  return sha256(listing.split('\n').sort().join('\n'));
}
