import { createHash } from 'node:crypto';
import { access, mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { asIoError, cacheRoot, systemCode, writeFileAtomic } from '../host/index.js';

/** Rewritten files that no link has used for this long are removed, in milliseconds: two weeks. */
const UNUSED_AFTER = 14 * 24 * 3600 * 1000;
/** How often a use is noted. */
const TOUCH_AFTER = UNUSED_AFTER / 14;

/**
 * Rewritten files under the hash of what they were made of. Files are written whole or not at all and never change, so runs side by
 * side need no lock: the worst is that two of them make the same file.
 */
export class RewriteCache {
  readonly folder: string;
  #tidied = false;

  constructor(folder: string = join(cacheRoot(), 'rewritten')) {
    this.folder = folder;
  }

  /** The path of the file with this key; made by `make` unless it is there. Throws UKL6003, UKL6004. */
  async get(key: string, make: () => Uint8Array): Promise<{ readonly path: string; readonly made: boolean }> {
    const path = join(this.folder, key);
    if (await this.#isThere(path)) return { path, made: false };
    const bytes = make();
    try {
      await mkdir(this.folder, { recursive: true });
    } catch (error) {
      throw asIoError(error, this.folder, 'write');
    }
    await writeFileAtomic(path, bytes);
    await this.#removeUnused();
    return { path, made: true };
  }

  async #isThere(path: string): Promise<boolean> {
    try {
      const { mtimeMs } = await stat(path);
      const now = Date.now();
      if (now - mtimeMs > TOUCH_AFTER) await utimes(path, now / 1000, now / 1000);
      return true;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false;
      // A cache that may only be read is good enough for what is in it.
      if (systemCode(error) === 'EPERM' || systemCode(error) === 'EACCES' || systemCode(error) === 'EROFS') {
        return access(path).then(
          () => true,
          () => false,
        );
      }
      throw asIoError(error, path, 'read');
    }
  }

  /** Keeps the folder from growing for ever. Once per run, and only when something new came in. */
  async #removeUnused(): Promise<void> {
    if (this.#tidied) return;
    this.#tidied = true;
    const oldest = Date.now() - UNUSED_AFTER;
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      const found = await stat(path).catch(whenAbsent);
      if (found !== undefined && found.mtimeMs < oldest) await rm(path, { force: true });
    }
  }
}

/** A key: the hash of everything that decides what a rewritten file is. */
export function rewriteKey(settings: string, content: readonly Uint8Array[]): string {
  const hash = createHash('sha256').update(settings).update('\0');
  for (const bytes of content) hash.update(bytes);
  return hash.digest('hex');
}

/** Another run may remove the same file at the same time. */
function whenAbsent(error: unknown): undefined {
  if (systemCode(error) === 'ENOENT') return undefined;
  throw error;
}
