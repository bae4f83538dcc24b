import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BOOT_DIR,
  BOOT_FILES,
  BOOT_MANIFEST,
  formatBootManifest,
  loadBootParts,
  type BootInfo,
} from '../../../src/image/boot-parts.js';
import { crc32 } from '../../../src/image/crc32.js';
import { syntheticParts } from '../../support/image/synthetic-kit.js';
import { byteMutations } from '../mutations/bytes.js';
import { jsonMutations } from '../mutations/text.js';
import type { Subject } from '../subject.js';

/** The files under `boot/` of a kit, one of them damaged: none may be taken for a sound one. */
export async function bootPartsSubject(folder: string): Promise<Subject> {
  const boot = join(folder, 'boot-parts', BOOT_DIR);
  mkdirSync(boot, { recursive: true });
  const parts = await syntheticParts({
    segments: [{ offset: 0, data: Buffer.alloc(5000, 'kernel') }],
    slotOffset: 2 << 20,
    slotSize: 2 << 20,
    size: 5 << 20,
    relocs: { relocs64: [], relocs32Inverse: [], relocs32: [] },
    cmdlineOffset: 64,
  });
  const { stubBytes, firstBlock, blocks, relocs } = parts;
  const contents = { ...stubBytes, firstBlock, blocks, relocs };
  const describe = (data: Uint8Array): { size: number; crc32: number } => ({
    size: data.length,
    crc32: crc32(data),
  });
  const files = Object.fromEntries(Object.entries(contents).map(([name, data]) => [name, describe(data)]));
  const manifest = formatBootManifest({ ...bootInfo(parts), files: files as BootInfo['files'] });
  const seeds = new Map<string, Uint8Array>([
    [BOOT_MANIFEST, Buffer.from(manifest)],
    ...Object.entries(BOOT_FILES).map(
      ([part, name]) => [name, contents[part as keyof typeof contents]] as const,
    ),
  ]);
  for (const [name, data] of seeds) writeFileSync(join(boot, name), data);
  return {
    name: 'boot parts',
    share: 1,
    seeds,
    mutations: [...byteMutations, ...jsonMutations, ...jsonMutations],
    allowance: 1 << 20,
    exercise: async (bytes, findings, name) => {
      writeFileSync(join(boot, name), bytes);
      try {
        const loaded = await findings.attemptLater(() => loadBootParts(join(folder, 'boot-parts')));
        const same = Buffer.compare(bytes, seeds.get(name) ?? bytes) === 0;
        if (loaded !== undefined && !same && name !== BOOT_MANIFEST) throw new Error(`${name} was believed`);
      } finally {
        writeFileSync(join(boot, name), seeds.get(name) ?? bytes);
      }
    },
  };
}

/** The part of a kit's boot parts that boot.json holds. */
function bootInfo({
  compression,
  loadPhysicalAddr,
  entry,
  loads,
  slot,
  cmdline,
  layout,
  stub,
  files,
}: BootInfo): BootInfo {
  return {
    compression,
    loadPhysicalAddr,
    entry,
    loads,
    slot,
    ...(cmdline && { cmdline }),
    layout,
    stub,
    files,
  };
}
