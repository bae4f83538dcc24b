import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { asIoError } from '../host/index.js';
import { BOOT_PARTS_FORMAT } from '../image/boot-parts.js';
import { KIT_FORMAT } from './manifest.js';

/** SHA-256 in hex. */
export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** SHA-256 of a file, in hex, without holding it in memory. Throws UKL6005. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash).catch((error: unknown) => {
    throw asIoError(error, path, 'read');
  });
  return hash.digest('hex');
}

/** Everything that decides what kernel comes out of a build from patches. */
export interface BuildInputs {
  /** Digest of the source. */
  readonly source: string;
  /** Digest of patches and base configuration. */
  readonly series: string;
  /** Configuration lines on top of it: UKL itself and the size of the slot. */
  readonly config: readonly string[];
  /** Compiler and linker, as they name themselves. */
  readonly tools: readonly string[];
}

/** What came out of a build in a developer's tree, of which no list of inputs could tell what it holds. */
export interface BuildOutput {
  /** SHA-256 of vmlinux. */
  readonly vmlinux: string;
}

/** The name of a kit: SHA-256 in hex over what it is made of and the kit's formats. */
export function kitKey(of: BuildInputs | BuildOutput): string {
  return sha256(JSON.stringify([KIT_FORMAT, BOOT_PARTS_FORMAT, ...Object.entries(of).sort()]));
}
