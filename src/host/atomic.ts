import { constants } from 'node:fs';
import { access, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UklError, hostErrors } from '../errors/index.js';
import { asIoError, whenAbsent } from './io-error.js';
import { forgetTemporary, temporaryName } from './temporary.js';

/** What a file is made of: one piece, or several written one after the other. */
export type FileData = string | Uint8Array | readonly Uint8Array[];

/**
 * Looks whether a file of this name can be made or replaced, as far as that can be told without trying. What is there and no plain
 * file is refused: a rename would put a file in the place of /dev/null. Throws UKL6004.
 */
export async function demandReplaceable(target: string): Promise<void> {
  try {
    // With the slash, the parent of `file/image` is no file that lacks a permission, but no folder.
    await access(`${dirname(target)}/`, constants.W_OK | constants.X_OK);
    const found = await lstat(target).catch(whenAbsent(undefined));
    if (found === undefined || found.isFile() || found.isSymbolicLink()) return;
    const what = found.isDirectory() ? 'it is a folder' : 'it is a device, a pipe or a socket';
    throw new UklError(hostErrors.notWritable(target, what));
  } catch (error) {
    throw asIoError(error, target, 'write');
  }
}

/**
 * Writes a file whole or not at all: under a temporary name beside it, then renamed. An existing file keeps its
 * old content until the rename, and keeps it for good when anything fails (UKL6003, UKL6004).
 */
export async function writeFileAtomic(target: string, data: FileData, mode = 0o644): Promise<void> {
  await demandReplaceable(target);
  const temporary = temporaryName(target);
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      if (typeof data === 'string') await handle.writeFile(data);
      else for (const piece of data instanceof Uint8Array ? [data] : data) await handle.writeFile(piece);
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw asIoError(error, target, 'write');
  } finally {
    forgetTemporary(temporary);
  }
}

/**
 * Makes a folder whole or not at all: `fill` writes into a temporary folder beside `target`, which is renamed when it
 * has returned. `target` must not exist, or be empty. Missing parents are made.
 */
export async function makeFolderAtomic<T>(target: string, fill: (folder: string) => Promise<T>): Promise<T> {
  const temporary = temporaryName(target);
  try {
    await mkdir(dirname(target), { recursive: true });
    await mkdir(temporary);
    const result = await fill(temporary);
    await rename(temporary, target);
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw asIoError(error, target, 'write');
  } finally {
    forgetTemporary(temporary);
  }
}
