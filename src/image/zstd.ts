/** Zstandard: the library, and frames taken apart. Format: RFC 8878. */

/** Compresses and decompresses single frames. */
export interface ZstdCodec {
  /** One frame, without checksum. */
  compress(data: Uint8Array, level: number): Uint8Array;
  /**
   * @param frame - exactly one frame
   * @param size - bytes it must give
   * @throws Error when it is malformed or gives another size
   */
  decompress(frame: Uint8Array, size: number): Uint8Array;
}

let codec: ZstdCodec | undefined;

/** Loads the Zstandard library (30 ms); later calls give the same one. */
export async function loadZstd(): Promise<ZstdCodec> {
  if (codec !== undefined) return codec;
  const zstd = await import('@bokuweb/zstd-wasm');
  await zstd.init();
  codec = {
    compress: (data, level) => zstd.compress(data, level),
    decompress: (frame, size) => {
      // The library reserves as many bytes as the frame claims to give, or as many as it is told if that says nothing.
      const data = zstd.decompress(frame, { defaultHeapSize: size });
      if (data.length !== size) throw new Error(`zstd frame gives ${data.length} bytes instead of ${size}`);
      return data;
    },
  };
  return codec;
}

/** Block_Maximum_Size: no block gives more (lib/zstd: ZSTD_BLOCKSIZE_MAX). */
export const ZSTD_BLOCK_MAX = 128 << 10;

const MAGIC = 0xfd2fb528;

/** Block_Type */
const RAW = 0;
const RLE = 1;
const RESERVED = 3;

/** A Block_Header: the size is that of the content, or how often an RLE block's byte is repeated. */
export function zstdBlockHeader(type: 'raw' | 'rle', size: number, last = false): Uint8Array {
  const bits = (size << 3) | ((type === 'raw' ? RAW : RLE) << 1) | Number(last);
  return Uint8Array.of(bits & 0xff, (bits >> 8) & 0xff, bits >> 16);
}

/** log2 of the window of {@link zstdFrameHeader}. */
const WINDOW_LOG = 23;

/** Window of frames that are made here: what the zstd tool takes by itself, and what level 19 asks for. */
export const ZSTD_WINDOW = 1 << WINDOW_LOG;

/** Magic number and header of a frame of `size` bytes, below 2^32, without checksum. */
export function zstdFrameHeader(size: number): Uint8Array {
  const fcs4 = 2 << 6;
  const header = new Uint8Array(10);
  const view = new DataView(header.buffer);
  view.setUint32(0, MAGIC, true);
  header.set([fcs4, (WINDOW_LOG - 10) << 3], 4);
  view.setUint32(6, size, true);
  return header;
}

/** A frame, taken apart. */
export interface ZstdFrame {
  /** Bytes back that a match may reach. */
  readonly windowSize: number;
  /** Bytes the frame gives, if its header says so. */
  readonly contentSize?: number;
  /** Block header and content each. */
  readonly blocks: readonly Uint8Array[];
  /** The whole frame's bytes. */
  readonly size: number;
}

/**
 * Takes the frame at the start of `data` apart, as ZSTD_findFrameCompressedSize() walks it.
 *
 * @throws Error when it is malformed or cut short
 */
export function readZstdFrame(data: Uint8Array): ZstdFrame {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;
  const take = (size: number): Buffer => {
    if (at + size > bytes.length) throw new Error('zstd frame is cut short');
    at += size;
    return bytes.subarray(at - size, at);
  };
  if (take(4).readUInt32LE() !== MAGIC) throw new Error('no zstd frame');

  const descriptor = take(1)[0]!;
  const singleSegment = (descriptor & 0x20) !== 0;
  if ((descriptor & 8) !== 0) throw new Error('zstd frame with a reserved bit');
  const window = singleSegment ? undefined : take(1)[0]!;
  take([0, 1, 2, 4][descriptor & 3]!);
  const fcsFlag = descriptor >> 6;
  const fcsSize = fcsFlag === 0 ? Number(singleSegment) : 1 << fcsFlag;
  const fcs = take(fcsSize);
  const contentSize = fcsSize === 0 ? undefined : readContentSize(fcs);

  const blocks: Uint8Array[] = [];
  for (let last = false; !last;) {
    const start = at;
    const header = take(3).readUIntLE(0, 3);
    last = (header & 1) === 1;
    const type = (header >> 1) & 3;
    if (type === RESERVED) throw new Error('zstd block of a reserved type');
    take(type === RLE ? 1 : header >> 3);
    blocks.push(bytes.subarray(start, at));
  }
  if ((descriptor & 4) !== 0) take(4); // Content_Checksum
  return {
    windowSize: window === undefined ? contentSize! : (2 ** (10 + (window >> 3)) * (8 + (window & 7))) / 8,
    ...(contentSize === undefined ? {} : { contentSize }),
    blocks,
    size: at,
  };
}

/** Frame_Content_Size: the field of 2 bytes counts from 256. */
function readContentSize(field: Buffer): number {
  if (field.length === 8) return Number(field.readBigUInt64LE());
  return field.readUIntLE(0, field.length) + (field.length === 2 ? 256 : 0);
}
