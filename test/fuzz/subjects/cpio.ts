import { gzipSync } from 'node:zlib';
import { readCpio, writeCpio, defaultRootfs, type RootfsEntry } from '../../../src/image/index.js';
import { expectSame, type Findings } from '../findings.js';
import { byteMutations } from '../mutations/bytes.js';
import { hexMutations } from '../mutations/text.js';
import type { Subject } from '../subject.js';

const rootfs = defaultRootfs({ init: Buffer.alloc(300, 'init'), argv: ['hello', 'x'], env: ['HOME=/'] });
const file = { type: 'file', mode: 0o644, data: Buffer.from('linked') } as const;
const links: readonly RootfsEntry[] = [
  { type: 'directory', path: 'a', mode: 0o755 },
  { ...file, path: 'a/one', link: 'same' },
  { ...file, path: 'a/two', link: 'same' },
  { type: 'fifo', path: 'a/fifo', mode: 0o600 },
  { type: 'block device', path: 'a/disk', mode: 0o600, major: 8, minor: 1 },
];

/** Root file systems that users bring (`--rootfs=ARCHIVE`). */
export function cpioSubject(): Subject {
  const plain = writeCpio(rootfs);
  return {
    name: 'cpio archives',
    share: 2,
    seeds: new Map<string, Uint8Array>([
      ['plain', plain],
      ['links', writeCpio(links)],
      ['two in a row', Buffer.concat([writeCpio(links), plain])],
      ['gzip', gzipSync(plain)],
    ]),
    mutations: [...byteMutations, ...hexMutations, ...hexMutations, ...hexMutations],
    allowance: 1 << 20,
    exercise: exerciseCpio,
  };
}

/** What is written of what was read must be read as the same. */
function exerciseCpio(bytes: Uint8Array, findings: Findings): void {
  const entries = findings.attempt(() => readCpio(bytes, { file: 'fuzz.cpio' }));
  if (entries === undefined) return;
  const written = findings.attempt(() => writeCpio(entries));
  if (written === undefined) return;
  const again = readCpio(written);
  expectSame(again.length, entries.length, 'entries');
  again.forEach((entry, i) => {
    expectSame(entry.path, entries[i]?.path, 'path');
    expectSame(entry.type, entries[i]?.type, 'type');
  });
}
