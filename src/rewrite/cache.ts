import { readFileSync, statSync, utimesSync, type Stats } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UklError } from '../errors/index.js';
import { asIoError, cacheRoot, systemCode, whenAbsent, writeFileAtomic } from '../host/index.js';
import { contentKey } from './content-key.js';
import { KnownFiles } from './known-files.js';

/** Files that no link has used for this long are removed, in milliseconds: two weeks. */
const UNUSED_AFTER = 14 * 24 * 3600 * 1000;
/** How often a use is noted. */
const TOUCH_AFTER = UNUSED_AFTER / 14;

/** Hexadecimal digits of a content key. */
const SEAL_SIZE = 64;

/** The cache itself cannot be written: no matter of the file that was at hand, and the next one will fare no better. */
export class CacheError extends UklError {}

/**
 * What was made of input files, under names that say of which content and by which version of what: rewritten files, and facts about
 * archives. Files are written whole or not at all and never change, so runs side by side need no lock: the worst is that two of them make
 * the same file.
 */
export class RewriteCache {
  readonly folder: string;
  #known: KnownFiles | undefined;
  #tidied = false;

  constructor(folder: string = join(cacheRoot(), 'rewritten')) {
    this.folder = folder;
  }

  /** The content key and size of a file that has been read before and has not changed since. */
  known(path: string): { readonly key: string; readonly size: number } | undefined {
    return this.#knownFiles.get(path);
  }

  /** Notes the content key of a file that has just been read. */
  remember(path: string, key: string): void {
    this.#knownFiles.remember(path, key);
  }

  /** Keeps what `remember` noted. Throws UKL6003, UKL6004. */
  async save(): Promise<void> {
    await this.#makeFolder();
    await this.#knownFiles.save();
  }

  /** The text of the file with this name, undefined when it is not there or not what was written. */
  read(name: string): string | undefined {
    const path = join(this.folder, name);
    try {
      return isThere(path) ? unsealed(readFileSync(path)) : undefined;
    } catch (error) {
      throw asIoError(error, path, 'read');
    }
  }

  /** The text of the file with this name, made unless it is there. Throws UKL6003, UKL6004. */
  async readOr(name: string, make: () => string): Promise<string> {
    const old = this.read(name);
    if (old !== undefined) return old;
    const text = make();
    await this.#write(name, sealed(text));
    return text;
  }

  /** The path of the file with this name, made unless it is there. Throws UKL6003, UKL6004. */
  async get(
    name: string,
    make: () => Promise<Uint8Array>,
  ): Promise<{ readonly path: string; readonly made: boolean }> {
    const path = join(this.folder, name);
    if (isThere(path)) return { path, made: false };
    await this.#write(name, await make());
    return { path, made: true };
  }

  get #knownFiles(): KnownFiles {
    return (this.#known ??= new KnownFiles(this.folder));
  }

  async #write(name: string, content: Uint8Array | string): Promise<void> {
    await this.#makeFolder();
    try {
      await writeFileAtomic(join(this.folder, name), content);
    } catch (error) {
      throw error instanceof UklError ? new CacheError(error.diagnostics, { cause: error }) : error;
    }
    await this.#removeUnused();
  }

  async #makeFolder(): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true });
    } catch (error) {
      const reason = asIoError(error, this.folder, 'write');
      throw reason instanceof UklError ? new CacheError(reason.diagnostics, { cause: error }) : reason;
    }
  }

  /** Keeps the folder from growing for ever. Once per run, and only when something new came in. */
  async #removeUnused(): Promise<void> {
    if (this.#tidied) return;
    this.#tidied = true;
    const oldest = Date.now() - UNUSED_AFTER;
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      // Another run may remove the same file at the same time.
      const found = await stat(path).catch(whenAbsent(undefined));
      if (found !== undefined && found.mtimeMs < oldest) await rm(path, { force: true });
    }
  }
}

/** Text behind its own hash, so that a damaged file is made anew and not believed. */
function sealed(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from(contentKey([bytes]), 'latin1'), bytes]);
}

/** The text of a sealed file; undefined when the seal is broken. A hash of a megabyte takes a millisecond. */
function unsealed(file: Buffer): string | undefined {
  const bytes = file.subarray(SEAL_SIZE);
  return file.toString('latin1', 0, SEAL_SIZE) === contentKey([bytes]) ? bytes.toString('utf8') : undefined;
}

/**
 * Whether a file is there; notes from time to time that it is still in use. An empty one does not count: it is what a power failure leaves of
 * a file that had just been renamed.
 */
function isThere(path: string): boolean {
  let stats: Stats | undefined;
  try {
    stats = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw asIoError(error, path, 'read');
  }
  if (stats === undefined || stats.size === 0) return false;
  if (Date.now() - stats.mtimeMs > TOUCH_AFTER) touch(path);
  return true;
}

function touch(path: string): void {
  const now = Date.now() / 1000;
  try {
    utimesSync(path, now, now);
  } catch (error) {
    // A cache that may only be read is as good for what is in it; and another run may just have removed the file.
    if (!['EPERM', 'EACCES', 'EROFS', 'ENOENT'].includes(systemCode(error) ?? '')) throw error;
  }
}
