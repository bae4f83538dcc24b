/** Decompressors of the kernel's boot stub that a kit has. */
export const ALGORITHMS = ['lz4', 'zstd', 'gzip'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** What an image's payload can be compressed with (`--compress`); the first is the default. */
export const COMPRESSIONS = [...ALGORITHMS, 'none'] as const;
export type ImageCompression = (typeof COMPRESSIONS)[number];

/**
 * The decompressor that unpacks such a payload. Linux 6.1 has none for x86 that only copies (no
 * CONFIG_KERNEL_UNCOMPRESSED), so what is not compressed is a stream of LZ4 literals.
 */
export const algorithmOf = (compression: ImageCompression): Algorithm =>
  compression === 'none' ? 'lz4' : compression;
