import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageErrors, UklError, type Diagnostic } from '../errors/index.js';
import type { StubBytes, StubTemplate } from './boot-stub.js';
import { crc32 } from './crc32.js';
import { loadLz4, type Lz4BlockCodec } from './lz4.js';
import type { PayloadLayout } from './payload-layout.js';
import type { ProgramHeader } from './program-headers.js';
import type { SlotInfo } from './types.js';

/** Version of the files under `boot/`. */
export const BOOT_PARTS_FORMAT = 1;

/** Folder of a kit that is ours. */
export const BOOT_DIR = 'boot';

/** Describes the other files. */
export const BOOT_MANIFEST = 'boot.json';

/** The other files under `boot/`. */
export const BOOT_FILES = {
  setup: 'setup.bin',
  head: 'stub-head.bin',
  body: 'stub-body.bin',
  /** Compressed: the rest of the payload's first block behind the header area, without its length. */
  firstBlock: 'block0.lz4',
  /** Compressed: all further blocks up to the slot, each with its length. */
  blocks: 'blocks.lz4',
  /** The kernel's boot relocations: `vmlinux.relocs` as the kernel's build made it. */
  relocs: 'relocs.bin',
} as const;

export type BootFile = keyof typeof BOOT_FILES;

/** The kernel's side of an image, without its bytes. */
export interface BootInfo {
  readonly compression: 'lz4';
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
  readonly stub: StubTemplate;
  readonly files: Readonly<Record<BootFile, { readonly size: number; readonly crc32: number }>>;
}

/** Everything packImage() needs of a kit, loaded and checked. */
export interface BootParts extends BootInfo {
  readonly stubBytes: StubBytes;
  readonly firstBlock: Uint8Array;
  readonly blocks: Uint8Array;
  readonly relocs: Uint8Array;
  readonly lz4: Lz4BlockCodec;
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

/**
 * Loads what a link needs of a kit, and checks it (3.5 MB, a few milliseconds). Takes no lock and changes nothing.
 *
 * @param kitDir - the kit's directory
 * @throws UklError UKL3010 (missing), UKL3011 (corrupt; all corrupt files at once), UKL3012 (other format)
 */
export async function loadBootParts(kitDir: string): Promise<BootParts> {
  const dir = join(kitDir, BOOT_DIR);
  const manifestFile = join(dir, BOOT_MANIFEST);
  const info = parseBootManifest((await readPart(manifestFile)).toString('utf8'), manifestFile);

  const problems: Diagnostic[] = [];
  const part = async (name: BootFile): Promise<Buffer> => {
    const file = join(dir, BOOT_FILES[name]);
    const data = await readPart(file);
    const want = info.files[name];
    if (data.length !== want.size)
      problems.push(imageErrors.bootPartsCorrupt(`${data.length} bytes instead of ${want.size}`, file));
    else if (crc32(data) !== want.crc32)
      problems.push(imageErrors.bootPartsCorrupt('its checksum is wrong', file));
    return data;
  };
  const [setup, head, body, firstBlock, blocks, relocs] = await Promise.all([
    part('setup'),
    part('head'),
    part('body'),
    part('firstBlock'),
    part('blocks'),
    part('relocs'),
  ]);
  if (problems.length > 0) throw new UklError(problems);
  return { ...info, stubBytes: { setup, head, body }, firstBlock, blocks, relocs, lz4: await loadLz4() };
}
