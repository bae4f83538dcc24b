import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageErrors, UklError } from '../errors/index.js';
import {
  BOOT_DIR,
  BOOT_MANIFEST,
  formatBootManifest,
  RELOCS_FILE,
  STREAM_FILES,
  type BootInfo,
  type FileSeal,
  type StreamFile,
  type StreamInfo,
} from './boot-parts.js';
import { wrapPayload, type StubBytes, type StubTemplate } from './boot-stub.js';
import { ALGORITHMS, type Algorithm } from './compression.js';
import { crc32 } from './crc32.js';
import { readKernelImage, type KernelImage } from './kernel-image.js';
import { packKernel } from './pack-kernel.js';
import { StubLinker } from './relink-stub.js';
import { readBootRelocs } from './relocs.js';
import { deriveStubTemplate, splitStub, type LinkedStub } from './stub-template.js';

/** Sizes (payload, output) of the links that the template is derived from; the first is its base. */
const DERIVE: readonly (readonly [number, number])[] = [
  [0x100000, 0x2000000],
  [0x101000, 0x2000000],
  [0x6a7000, 0x2000000],
  [0x100000, 0x3412340],
];

/** Sizes of the links that it is then compared with: each branch of init_size, and sizes far from the base. */
const VERIFY: readonly (readonly [number, number])[] = [
  [0x1234000, 0x2345678],
  [0x345000, 0x1fffff00],
  [0x222000, 0x1000],
];

async function readBuildFile(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UklError(imageErrors.buildIncomplete(file), { cause: error });
  }
}

/** Whether a word of this value stands anywhere in `bytes`, aligned or not. */
function hasWord(bytes: Uint8Array, value: number): boolean {
  const word = Buffer.alloc(4);
  word.writeUInt32LE(value);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(word);
}

/**
 * The boot stub as a template, proved: the patched stub must be the linked one, byte for byte, for sizes that took no
 * part in its derivation.
 */
async function makeStub(
  linker: StubLinker,
  kernel: KernelImage,
): Promise<{ template: StubTemplate; bytes: StubBytes }> {
  const links: LinkedStub[] = [];
  for (const [payload, output] of DERIVE) links.push(await linker.link(payload, output));
  const [base, ...others] = links;
  if (base === undefined) throw new RangeError('no sizes to link the boot stub with');
  const { template, unexplained } = deriveStubTemplate(base, others, kernel.memorySize);
  const bytes = splitStub(base);
  // The bound is a constant in handle_relocations(): __bss_start as the kernel has it, unless the series moves it.
  if (
    hasWord(bytes.body, kernel.bssOffset) &&
    kernel.bssOffset <= kernel.slot.paddr - kernel.loadPhysicalAddr
  )
    throw new UklError(imageErrors.stubRefusesSlot());
  const differences = unexplained.map(({ part, at }) => `${part}+0x${at.toString(16)}`);
  if (differences.length > 0) throw new UklError(imageErrors.stubUnexplained(differences));
  for (const [payload, output] of VERIFY) {
    const linked = await linker.link(payload, output);
    const patched = wrapPayload(template, bytes, [new Uint8Array(payload)], output);
    if (!Buffer.from(linked.image).equals(patched))
      throw new UklError(
        imageErrors.stubUnexplained([
          `a payload of ${payload} bytes that unpacks to ${output} gives another file`,
        ]),
      );
  }
  return { template, bytes };
}

/**
 * Makes the `boot/` folder of a kit from a finished kernel build: for each algorithm the kernel's bytes,
 * compressed once, and the boot stub as a template. Needs the tools that built the kernel; changes nothing in `buildDir`.
 *
 * @param options.buildDir - the kernel's build (and source) folder, target bzImage made
 * @param options.outDir - the kit's folder. Not atomic: the caller renames the whole kit when it is complete.
 * @throws UklError UKL3020 … UKL3024
 */
export async function makeBootParts(options: {
  readonly buildDir: string;
  readonly outDir: string;
}): Promise<BootInfo> {
  const { buildDir, outDir } = options;
  const vmlinux = join(buildDir, 'vmlinux');
  const kernel = readKernelImage(await readBuildFile(vmlinux), vmlinux);
  const relocsFile = join(buildDir, 'arch/x86/boot/compressed/vmlinux.relocs');
  const relocs = await readBuildFile(relocsFile);
  if (relocs.length < 12 || readBootRelocs(relocs).start !== 0)
    throw new UklError(imageErrors.buildIncomplete(relocsFile));

  const dir = join(outDir, BOOT_DIR);
  await mkdir(dir, { recursive: true });
  const write = async (file: string, data: Uint8Array): Promise<FileSeal> => {
    await writeFile(join(dir, file), data);
    return { size: data.length, crc32: crc32(data) };
  };
  const streams: Partial<Record<Algorithm, StreamInfo>> = {};
  for (const algorithm of ALGORITHMS) {
    await mkdir(join(dir, algorithm), { recursive: true });
    const { template, bytes } = await withStubLinker(buildDir, algorithm, (linker) =>
      makeStub(linker, kernel),
    );
    const parts = { ...bytes, kernel: await packKernel(algorithm, kernel.bytes) };
    const seals = Object.entries(STREAM_FILES).map(
      async ([name, file]) => [name, await write(join(algorithm, file), parts[name as StreamFile])] as const,
    );
    const files = Object.fromEntries(await Promise.all(seals)) as StreamInfo['files'];
    streams[algorithm] = { stub: template, files };
  }
  const { loadPhysicalAddr, entry, loads, slot, cmdline, layout } = kernel;
  const info: BootInfo = {
    ...{ loadPhysicalAddr, entry, loads, slot, layout, streams },
    ...(cmdline === undefined ? {} : { cmdline }),
    relocs: await write(RELOCS_FILE, relocs),
  };
  await writeFile(join(dir, BOOT_MANIFEST), formatBootManifest(info));
  return info;
}

/** Lends a linker whose files are removed afterwards. */
async function withStubLinker<T>(
  buildDir: string,
  algorithm: Algorithm,
  use: (linker: StubLinker) => Promise<T>,
): Promise<T> {
  const workDir = await mkdtemp(join(tmpdir(), 'ukl-stub-'));
  try {
    return await use(await StubLinker.open(buildDir, workDir, algorithm));
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}
