import { readFileSync, statSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../host/index.js';

/** What is remembered of a file: its content's key, and by what it is recognised as unchanged. */
interface KnownFile {
  readonly key: string;
  readonly size: number;
  readonly stamp: string;
}

const FILE = 'known-files.json';

/** Files remembered at most; those read first are forgotten first. */
const MOST = 1000;

/** A file changed less than this ago may change again without its times showing it, in milliseconds. */
const SETTLED_AFTER = 2000;

/**
 * Content keys of files that were read before, so that a library of megabytes need not be read again to know that it is the same. A file
 * counts as unchanged when size, times (in nanoseconds) and inode are.
 */
export class KnownFiles {
  readonly #path: string;
  readonly #files: Map<string, KnownFile>;
  #changed = false;

  constructor(folder: string) {
    this.#path = join(folder, FILE);
    this.#files = new Map(readKnown(this.#path));
  }

  get(path: string): KnownFile | undefined {
    const known = this.#files.get(path);
    if (known === undefined) return undefined;
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats !== undefined && stampOf(stats) === known.stamp ? known : undefined;
  }

  /** To be called when the file has been read. */
  remember(path: string, key: string): void {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined || Date.now() - Number(stats.ctimeMs) < SETTLED_AFTER) return;
    // Behind all others, although it may have been there before.
    this.#files.delete(path);
    this.#files.set(path, { key, size: Number(stats.size), stamp: stampOf(stats) });
    this.#changed = true;
  }

  /** Keeps what was remembered, for later runs. Of two runs at the same time, one may win: the other's files are read once more. */
  async save(): Promise<void> {
    if (!this.#changed) return;
    this.#changed = false;
    await writeFileAtomic(this.#path, JSON.stringify(Object.fromEntries([...this.#files].slice(-MOST))));
  }
}

function stampOf({ size, mtimeNs, ctimeNs, ino, dev }: BigIntStats): string {
  return [size, mtimeNs, ctimeNs, ino, dev].join(' ');
}

/** Nothing when there is none yet, or none that can be read: then every file is read once more, and the list is made anew. */
function readKnown(path: string): [string, KnownFile][] {
  let known: unknown;
  try {
    known = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return [];
  }
  if (typeof known !== 'object' || known === null) return [];
  return Object.entries(known).filter((entry): entry is [string, KnownFile] => isKnownFile(entry[1]));
}

/** The key becomes part of a file's name, so it must be one. */
function isKnownFile(value: unknown): value is KnownFile {
  if (typeof value !== 'object' || value === null) return false;
  const { key, size, stamp } = value as Partial<Record<keyof KnownFile, unknown>>;
  return (
    typeof key === 'string' &&
    /^[0-9a-f]{64}$/.test(key) &&
    typeof size === 'number' &&
    typeof stamp === 'string'
  );
}
