import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  BOOT_DIR,
  BOOT_MANIFEST,
  RELOCS_FILE,
  STREAM_FILES,
  formatBootManifest,
  loadBootParts,
  type FileSeal,
} from '../../../src/image/boot-parts.js';
import { crc32 } from '../../../src/image/crc32.js';
import { byteMutations } from '../mutations/bytes.js';
import { jsonMutations } from '../mutations/text.js';
import type { Subject } from '../subject.js';
import { smallParts } from './image.js';

const sealOf = (data: Uint8Array): FileSeal => ({ size: data.length, crc32: crc32(data) });

/** The files under `boot/` of a kit, one of them damaged: none may be taken for a sound one. */
export async function bootPartsSubject(folder: string): Promise<Subject> {
  const kit = join(folder, 'boot-parts');
  const { loadPhysicalAddr, entry, loads, slot, layout, stub, stubBytes, kernel, relocs } =
    await smallParts('lz4');
  const stream = { ...stubBytes, kernel };
  const files = {
    setup: sealOf(stream.setup),
    head: sealOf(stream.head),
    body: sealOf(stream.body),
    kernel: sealOf(kernel),
  };
  const info = { loadPhysicalAddr, entry, loads, slot, layout };
  const manifest = formatBootManifest({ ...info, relocs: sealOf(relocs), streams: { lz4: { stub, files } } });
  const seeds = new Map<string, Uint8Array>([
    [BOOT_MANIFEST, Buffer.from(manifest)],
    [RELOCS_FILE, relocs],
    ...(['setup', 'head', 'body', 'kernel'] as const).map(
      (part) => [join('lz4', STREAM_FILES[part]), stream[part]] as const,
    ),
  ]);
  const pathOf = (name: string): string => join(kit, BOOT_DIR, name);
  for (const [name, data] of seeds) {
    mkdirSync(dirname(pathOf(name)), { recursive: true });
    writeFileSync(pathOf(name), data);
  }
  return {
    name: 'boot parts',
    share: 1,
    seeds,
    mutations: [...byteMutations, ...jsonMutations, ...jsonMutations],
    allowance: 1 << 20,
    exercise: async (bytes, findings, name) => {
      writeFileSync(pathOf(name), bytes);
      try {
        const loaded = await findings.attemptLater(() => loadBootParts(kit));
        const same = Buffer.compare(bytes, seeds.get(name) ?? bytes) === 0;
        if (loaded !== undefined && !same && name !== BOOT_MANIFEST) throw new Error(`${name} was believed`);
      } finally {
        writeFileSync(pathOf(name), seeds.get(name) ?? bytes);
      }
    },
  };
}
