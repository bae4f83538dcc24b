import type { ImageCompression } from './compression.js';
import { loadLz4 } from './lz4.js';
import { gzipCodec } from './payload-gzip.js';
import { lz4Codec } from './payload-lz4.js';
import { storedCodec } from './payload-stored.js';
import { zstdCodec } from './payload-zstd.js';
import { loadZstd } from './zstd.js';

/** A payload to be compressed, in file order. */
export interface PayloadContent {
  /** The header area, without the zeros that fill it up. */
  readonly header: Uint8Array;
  /** What lies between header area and slot, as the kit keeps it (pack-kernel.ts). */
  readonly kernel: Uint8Array;
  /** Everything from the slot on. */
  readonly tail: Uint8Array;
  /** Bytes of the whole, uncompressed. */
  readonly size: number;
}

/** Makes and reads the compressed stream of a payload, which its padding and its size follow. */
export interface PayloadCodec {
  /** The stream in pieces, in order; some are views of what was given. */
  compress(content: PayloadContent): Uint8Array[];
  /**
   * @param stream - the stream; what follows it is ignored
   * @param size - bytes it must give
   * @throws Error when it is malformed or gives another size
   */
  decompress(stream: Uint8Array, size: number): Uint8Array;
}

/** Loads what a compression needs, and nothing of the others. */
export async function loadCodec(compression: ImageCompression): Promise<PayloadCodec> {
  switch (compression) {
    case 'lz4':
      return lz4Codec(await loadLz4());
    case 'none':
      return storedCodec(await loadLz4());
    case 'gzip':
      return gzipCodec;
    case 'zstd':
      return zstdCodec(await loadZstd());
  }
}
