import { readFileSync, writeFileSync } from 'node:fs';
import { contentKey } from '../../src/rewrite/index.js';

/** Changes a text that the cache of rewritten files keeps, and seals it anew, so that it is believed. */
export function changeKept(path: string, change: (text: string) => string): void {
  const sealSize = contentKey([]).length;
  const text = change(readFileSync(path, 'utf8').slice(sealSize));
  writeFileSync(path, contentKey([Buffer.from(text)]) + text);
}
