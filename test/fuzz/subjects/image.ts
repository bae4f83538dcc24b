import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BootParts } from '../../../src/image/boot-parts.js';
import type { ImageCompression } from '../../../src/image/compression.js';
import { packImage, readImage, writeCpio } from '../../../src/image/index.js';
import { loadLz4 } from '../../../src/image/lz4.js';
import { checkBootable } from '../../../src/run/image-check.js';
import { smallKernel, syntheticParts } from '../../support/image/synthetic-kit.js';
import { syntheticProgram } from '../../support/image/synthetic-program.js';
import { expectSame, type Findings } from '../findings.js';
import { byteMutations } from '../mutations/bytes.js';
import { imageMutations } from '../mutations/image.js';
import type { Subject } from '../subject.js';

const MIB = 1 << 20;

/** The boot parts of an invented kernel. */
export function smallParts(compression: ImageCompression): Promise<BootParts> {
  return syntheticParts(smallKernel, compression);
}

/** An image of that kernel, with a program, a root file system and a command line. */
async function smallImage(type: 'exec' | 'dyn', compression: ImageCompression): Promise<Uint8Array> {
  const parts = await smallParts(compression);
  const segments = [{ offset: 0, data: Buffer.alloc(9000, 'program '), bss: 77 }];
  const program = syntheticProgram(parts.slot, segments, {}, type);
  return packImage(parts, {
    program,
    initramfs: writeCpio([{ type: 'directory', path: 'dev', mode: 0o755 }]),
    cmdline: 'quiet',
  });
}

/** Images by how their program is linked and what they are compressed with. */
export async function imageSeeds(): Promise<ReadonlyMap<string, Uint8Array>> {
  return new Map([
    ['exec image', await smallImage('exec', 'lz4')],
    ['dyn image', await smallImage('dyn', 'lz4')],
    ['gzip image', await smallImage('exec', 'gzip')],
    ['zstd image', await smallImage('exec', 'zstd')],
  ]);
}

/** Images as `ukl-link run` and the reader of images see them. `folder` is for files of this run. */
export async function imageSubject(folder: string): Promise<Subject> {
  const path = join(folder, 'image');
  return {
    name: 'images',
    share: 1,
    seeds: await imageSeeds(),
    mutations: [...byteMutations, ...imageMutations(await loadLz4())],
    // LZ4 unpacks to up to 255 times its size: two blocks of 8 MiB here.
    allowance: 40 * MIB,
    exercise: async (bytes, findings) => {
      writeFileSync(path, bytes);
      await findings.attemptLater(() => checkBootable(path));
      await exerciseImage(bytes, findings);
    },
  };
}

async function exerciseImage(bytes: Uint8Array, findings: Findings): Promise<void> {
  const info = await findings.attemptLater(() => readImage(bytes, { file: 'fuzz.bzImage' }));
  if (info === undefined) return;
  if (info.setup.payloadAt + info.setup.payloadSize > bytes.length)
    throw new Error('a payload beyond the file');
  expectSame(Number.isInteger(info.setup.initSize), true, 'whole numbers');
}
