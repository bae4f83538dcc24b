import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageErrors, UklError, type Diagnostic } from '../errors/index.js';
import type { StubBytes, StubTemplate } from './boot-stub.js';
import { algorithmOf, COMPRESSIONS, type Algorithm, type ImageCompression } from './compression.js';
import { crc32 } from './crc32.js';
import { loadCodec, type PayloadCodec } from './payload-codec.js';
import type { PayloadLayout } from './payload-layout.js';
import type { ProgramHeader } from './program-headers.js';
import type { SlotInfo } from './types.js';

/** Version of the files under `boot/`. */
export const BOOT_PARTS_FORMAT = 2;

/** Folder of a kit that is ours. */
export const BOOT_DIR = 'boot';

/** Describes the other files. */
export const BOOT_MANIFEST = 'boot.json';

/** The kernel's boot relocations: `vmlinux.relocs` as the kernel's build made it. */
export const RELOCS_FILE = 'relocs.bin';

/** The other files under `boot/`: these, in a folder for each algorithm. */
export const STREAM_FILES = {
  setup: 'setup.bin',
  head: 'stub-head.bin',
  body: 'stub-body.bin',
  /** Compressed: the payload from the header area to the slot, as pack-kernel.ts makes it. */
  kernel: 'kernel.bin',
} as const;

export type StreamFile = keyof typeof STREAM_FILES;

/** What a file's content must be. */
export interface FileSeal {
  readonly size: number;
  readonly crc32: number;
}

/** What a kit has for one algorithm. */
export interface StreamInfo {
  readonly stub: StubTemplate;
  readonly files: Readonly<Record<StreamFile, FileSeal>>;
}

/** The kernel's side of an image, whatever it is compressed with. */
export interface KernelInfo {
  /** Physical address the kernel is linked at (LOAD_PHYSICAL_ADDR). */
  readonly loadPhysicalAddr: number;
  /** `e_entry`: physical address of the kernel's entry. */
  readonly entry: bigint;
  /** The kernel's own `PT_LOAD`s, as they stand in the payload. */
  readonly loads: readonly ProgramHeader[];
  readonly slot: SlotInfo;
  /** `builtin_cmdline`; absent when the kernel has none. */
  readonly cmdline?: { readonly vaddr: bigint; readonly paddr: number; readonly size: number };
  readonly layout: PayloadLayout;
}

/** The kernel's side of an image, without its bytes. */
export interface BootInfo extends KernelInfo {
  readonly relocs: FileSeal;
  /** By algorithm: those that the kit has. */
  readonly streams: Readonly<Partial<Record<Algorithm, StreamInfo>>>;
}

/** Everything packImage() needs of a kit for one compression, loaded and checked. */
export interface BootParts extends KernelInfo {
  readonly stub: StubTemplate;
  readonly stubBytes: StubBytes;
  readonly kernel: Uint8Array;
  readonly relocs: Uint8Array;
  readonly codec: PayloadCodec;
}

/** `boot.json`. 64-bit addresses are `0x…` strings, because JSON has no integers of that size. */
interface BootManifest {
  readonly format: number;
  /** CRC-32 of `boot` as JSON without blanks. */
  readonly crc32: number;
  readonly boot: unknown;
}

const seal = (boot: unknown): number => crc32(new TextEncoder().encode(JSON.stringify(boot)));

/** The text of `boot.json`. */
export function formatBootManifest(info: BootInfo): string {
  const boot: unknown = JSON.parse(
    JSON.stringify(info, (_, value: unknown) =>
      typeof value === 'bigint' ? `0x${value.toString(16)}` : value,
    ),
  );
  const manifest: BootManifest = { format: BOOT_PARTS_FORMAT, crc32: seal(boot), boot };
  return JSON.stringify(manifest, undefined, 1) + '\n';
}

/**
 * Reads the text of `boot.json`.
 *
 * @param file - its path, for messages
 * @throws UklError when it is damaged or of another format
 */
export function parseBootManifest(text: string, file: string): BootInfo {
  let manifest: Partial<BootManifest> | null;
  try {
    manifest = JSON.parse(text) as Partial<BootManifest> | null;
  } catch (error) {
    throw new UklError(imageErrors.bootPartsCorrupt('it is not JSON', file), { cause: error });
  }
  if (manifest?.format !== BOOT_PARTS_FORMAT)
    throw new UklError(imageErrors.bootPartsVersion(manifest?.format, BOOT_PARTS_FORMAT, file));
  // The seal makes a check of every field unnecessary: what it covers is what formatBootManifest() wrote.
  if (manifest.boot === undefined || manifest.crc32 !== seal(manifest.boot))
    throw new UklError(imageErrors.bootPartsCorrupt('its checksum is wrong', file));
  return JSON.parse(JSON.stringify(manifest.boot), (_, value: unknown) =>
    typeof value === 'string' && value.startsWith('0x') ? BigInt(value) : value,
  ) as BootInfo;
}

async function readPart(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UklError(imageErrors.bootPartsMissing(file, (error as Error).message), { cause: error });
  }
}

/** The compressions that a kit's images can have, the default first. */
export function compressionsOf({ streams }: Pick<BootInfo, 'streams'>): ImageCompression[] {
  return COMPRESSIONS.filter((compression) => streams[algorithmOf(compression)] !== undefined);
}

/**
 * Loads what a link with one compression needs of a kit, and checks it (4 to 6 MB, a few milliseconds). Takes no lock and
 * changes nothing.
 *
 * @param kitDir - the kit's directory
 * @throws UklError UKL3010 (missing), UKL3011 (corrupt; all corrupt files at once), UKL3012 (other format), UKL3016 (the
 *   kit has no boot stub for this compression)
 */
export async function loadBootParts(
  kitDir: string,
  compression: ImageCompression = COMPRESSIONS[0],
): Promise<BootParts> {
  const dir = join(kitDir, BOOT_DIR);
  const manifestFile = join(dir, BOOT_MANIFEST);
  const { streams, relocs, ...info } = parseBootManifest(
    (await readPart(manifestFile)).toString('utf8'),
    manifestFile,
  );
  const algorithm = algorithmOf(compression);
  const stream = streams[algorithm];
  if (stream === undefined)
    throw new UklError(imageErrors.compressionMissing(compression, compressionsOf({ streams }), kitDir));

  const problems: Diagnostic[] = [];
  const part = async (file: string, want: FileSeal): Promise<Buffer> => {
    const data = await readPart(file);
    if (data.length !== want.size)
      problems.push(imageErrors.bootPartsCorrupt(`${data.length} bytes instead of ${want.size}`, file));
    else if (crc32(data) !== want.crc32)
      problems.push(imageErrors.bootPartsCorrupt('its checksum is wrong', file));
    return data;
  };
  const streamPart = (name: StreamFile): Promise<Buffer> =>
    part(join(dir, algorithm, STREAM_FILES[name]), stream.files[name]);
  const [relocsBytes, setup, head, body, kernel, codec] = await Promise.all([
    part(join(dir, RELOCS_FILE), relocs),
    streamPart('setup'),
    streamPart('head'),
    streamPart('body'),
    streamPart('kernel'),
    loadCodec(compression),
  ]);
  if (problems.length > 0) throw new UklError(problems);
  return {
    ...info,
    stub: stream.stub,
    stubBytes: { setup, head, body },
    kernel,
    relocs: relocsBytes,
    codec,
  };
}
