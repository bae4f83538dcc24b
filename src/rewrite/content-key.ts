import { createHash } from 'node:crypto';

/** A key: the hash of a file's content, or of all that it consists of. */
export function contentKey(content: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const bytes of content) hash.update(bytes);
  return hash.digest('hex');
}
