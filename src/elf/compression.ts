import { createRequire } from 'node:module';
import type * as Zlib from 'node:zlib';
import { UklError, elfErrors } from '../errors/index.js';
import { u64AsNumber, viewOf } from './bytes.js';
import { COMPRESSION_HEADER_SIZE, ELFCOMPRESS, SHF, constantName } from './constants.js';
import type { Section } from './section.js';

/** How a section is compressed: with SHF_COMPRESSED as its header (Elf64_Chdr) says, or in GNU's older form. */
export interface Compression {
  /** An ELFCOMPRESS value. */
  readonly type: number;
  readonly typeName: string;
  /** Size in bytes and alignment of the unpacked contents, as the header says. */
  readonly size: number;
  readonly align: number;
  /** Bytes in front of the compressed data. */
  readonly headerSize: number;
}

/** GNU's form from before SHF_COMPRESSED: sections `.zdebug_…` that begin with this and the unpacked size, 64 bits big-endian. */
const GNU_MAGIC = 'ZLIB';
const GNU_HEADER_SIZE = 12;

/** Deflate makes at most 1032 bytes of one. A header that promises more is wrong, and believing it would waste memory. */
const DEFLATE_MAX_RATIO = 1032;

/** How a section is compressed; undefined when it is not. Throws UKL1010, and UKL1023 when its header is cut short. */
export function compressionOf(section: Section): Compression | undefined {
  if (!section.inFile) return undefined;
  if (!section.has(SHF.COMPRESSED)) return gnuCompressionOf(section);
  const view = viewOf(section.contents);
  if (view.byteLength < COMPRESSION_HEADER_SIZE) {
    throw new UklError(elfErrors.badCompression(section.place, 'its header is cut short'));
  }
  const type = view.getUint32(0, true);
  return {
    type,
    typeName: constantName(ELFCOMPRESS, 'ELFCOMPRESS_', type),
    size: u64AsNumber(view, 8),
    align: u64AsNumber(view, 16),
    headerSize: COMPRESSION_HEADER_SIZE,
  };
}

function gnuCompressionOf(section: Section): Compression | undefined {
  const { contents } = section;
  if (contents.length < GNU_HEADER_SIZE || !section.name.startsWith('.zdebug')) return undefined;
  const view = viewOf(contents);
  const magic = Buffer.from(contents.buffer, contents.byteOffset, GNU_MAGIC.length).toString('latin1');
  if (magic !== GNU_MAGIC) return undefined;
  return {
    type: ELFCOMPRESS.ZLIB,
    typeName: 'ELFCOMPRESS_ZLIB',
    size: view.getUint32(4) * 0x1_0000_0000 + view.getUint32(8),
    align: section.align,
    headerSize: GNU_HEADER_SIZE,
  };
}

/**
 * A section's contents, unpacked when they are compressed (zlib), else as they are. Throws UKL1022 for zstd, which Node 20
 * cannot unpack, and other types; UKL1023 for damaged data. Allocates no more than the compressed bytes can stand for.
 */
export function unpackedContents(section: Section): Uint8Array {
  const compression = compressionOf(section);
  if (compression === undefined) return section.contents;
  if (compression.type !== ELFCOMPRESS.ZLIB) {
    throw new UklError(elfErrors.compressionUnsupported(section.place, compression.typeName));
  }
  const packed = section.contents.subarray(compression.headerSize);
  const bad = (why: string, cause?: unknown): UklError =>
    new UklError(elfErrors.badCompression(section.place, why), { cause });
  if (compression.size > packed.length * DEFLATE_MAX_RATIO) {
    throw bad(`its header promises ${compression.size} bytes out of ${packed.length}`);
  }
  // Node takes milliseconds to load zlib, and most runs never see a compressed section.
  const { inflateSync } = createRequire(import.meta.url)('node:zlib') as typeof Zlib;
  let data: Uint8Array;
  try {
    data = inflateSync(packed, { maxOutputLength: Math.max(1, compression.size) });
  } catch (error) {
    throw bad(error instanceof Error ? error.message : String(error), error);
  }
  if (data.length !== compression.size) {
    throw bad(`its header promises ${compression.size} bytes, ${data.length} came out`);
  }
  return data;
}
