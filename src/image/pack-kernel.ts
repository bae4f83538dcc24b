import { imageErrors, UklError } from '../errors/index.js';
import type { Algorithm } from './compression.js';
import { legacyBlock, splitLegacyStream } from './lz4.js';
import { gzipKernel } from './payload-gzip.js';
import { BLOCK_SIZE, HEADER_AREA } from './payload-layout.js';
import { zstdKernel } from './payload-zstd.js';
import { loadZstd } from './zstd.js';

/** Compresses with the tool and the settings of the kernel's build (scripts/Makefile.lib, cmd_lz4). */
async function lz4Blocks(data: Uint8Array): Promise<Uint8Array[]> {
  // Loaded here: a link imports this module's neighbours and must not pay for what only a kit needs.
  const { execa } = await import('execa');
  const result = await execa('lz4', ['-l', '-9', '-c', '-'], {
    input: data,
    encoding: 'buffer',
    maxBuffer: 2 * data.length + 65536,
    reject: false,
  });
  if (result.failed) throw new UklError(imageErrors.relinkFailed('vmlinux.bin.lz4', result.message ?? ''));
  return splitLegacyStream(result.stdout);
}

/**
 * Compresses the kernel as well as an algorithm can, once for all images.
 *
 * @param bytes - the payload up to the slot; the header area, which belongs to the images, is left out
 * @returns what a {@link PayloadContent} takes
 * @throws UklError UKL3021
 */
export async function packKernel(algorithm: Algorithm, bytes: Uint8Array): Promise<Uint8Array> {
  switch (algorithm) {
    case 'lz4': {
      // The first block without the header area, then the others: the tool makes blocks of 8 MiB.
      const first = await lz4Blocks(bytes.subarray(HEADER_AREA, BLOCK_SIZE));
      const further = bytes.length > BLOCK_SIZE ? await lz4Blocks(bytes.subarray(BLOCK_SIZE)) : [];
      return Buffer.concat([...first, ...further].flatMap((block) => legacyBlock(block)));
    }
    case 'gzip':
      return gzipKernel(bytes.subarray(HEADER_AREA));
    case 'zstd':
      return zstdKernel(await loadZstd(), bytes.subarray(HEADER_AREA));
  }
}
