import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openKit, verifyKit } from '../../../src/kernel/kit.js';
import { installKit } from '../../../src/kernel/pack.js';
import { packedKit } from '../../support/fake-kernel.js';
import { expectSame } from '../findings.js';
import { byteMutations } from '../mutations/bytes.js';
import { tarMutations } from '../mutations/tar.js';
import { jsonMutations } from '../mutations/text.js';
import type { Subject } from '../subject.js';

/** Kits: the manifest of one on disk, and packed ones as they come from somebody else. */
export async function kitSubjects(folder: string): Promise<Subject[]> {
  const made = join(folder, 'kit');
  mkdirSync(made);
  const { kit, file } = await packedKit(made);
  const opened = join(folder, 'opened');
  cpSync(kit.folder, opened, { recursive: true });
  const files = Object.keys(kit.manifest.files);
  return [
    {
      name: 'kit manifests',
      share: 1,
      seeds: new Map([['manifest.json', readFileSync(join(kit.folder, 'manifest.json'))]]),
      mutations: [...byteMutations, ...jsonMutations, ...jsonMutations, ...jsonMutations],
      allowance: 1 << 20,
      exercise: async (bytes, findings) => {
        writeFileSync(join(opened, 'manifest.json'), bytes);
        const read = await findings.attemptLater(() => openKit(opened));
        if (read !== undefined) await findings.attemptLater(() => verifyKit(read));
      },
    },
    {
      name: 'packed kits',
      share: 1,
      seeds: new Map([['kit.tar.gz', readFileSync(file)]]),
      mutations: [...byteMutations, ...tarMutations, ...tarMutations, ...tarMutations, ...tarMutations],
      allowance: 20 << 20,
      exercise: async (bytes, findings) => {
        const store = join(folder, 'store');
        writeFileSync(file, bytes);
        try {
          const installed = await findings.attemptLater(() => installKit(file, store));
          const left = existsSync(store) ? readdirSync(store) : [];
          if (installed === undefined) expectSame(left.join(), '', 'left behind');
          else {
            await verifyKit(installed.kit);
            expectSame(Object.keys(installed.kit.manifest.files).join(), files.join(), 'files');
            const stored = readdirSync(installed.kit.folder, { recursive: true, withFileTypes: true });
            expectSame(
              stored.filter((entry) => entry.isFile()).length,
              files.length + 1,
              'files in the store',
            );
          }
        } finally {
          rmSync(store, { recursive: true, force: true });
        }
      },
    },
  ];
}
