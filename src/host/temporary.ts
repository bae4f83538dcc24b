import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Names of everything unfinished that this process has on disk. A process that is told to stop removes them on its way
 * out: a temporary name protects readers from half files, but not the user's folder from litter.
 */
const unfinished = new Set<string>();

/** A new name beside `target` (same file system, so that rename is atomic), remembered until `forgetTemporary`. */
export function temporaryName(target: string): string {
  const name = join(
    dirname(target),
    `.${basename(target)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`,
  );
  unfinished.add(name);
  return name;
}

/** The file or folder was renamed to its place or removed. */
export function forgetTemporary(name: string): void {
  unfinished.delete(name);
}

/** Removes everything unfinished at once. For the end of the process, hence synchronous. */
export function removeTemporaries(): void {
  // A tool that was just killed may still have made a file between two looks into its folder: look again.
  for (const name of unfinished) rmSync(name, { recursive: true, force: true, maxRetries: 3 });
  unfinished.clear();
}
