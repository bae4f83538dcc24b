import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ET, PF, PT, readElf, type ElfFile } from '../elf/index.js';
import { UklError, runErrors, type Diagnostic } from '../errors/index.js';
import { asIoError } from '../host/index.js';
import { readProgram } from '../image/index.js';
import { DEBUG_DIR } from '../kernel/debug-files.js';
import { kitOfKey, shownKey } from '../kernel/store.js';
import { DEBUG_FILE_ENDING } from './debug-file.js';

/** Where a debugger finds the names of an image. */
export interface ImageSymbols {
  /** The program as it lies in the slot; it has symbols unless it was linked with `--strip-all`. */
  readonly program: Uint8Array;
  /** How far above its own addresses the program lies in a kernel that has not been moved: 0 unless it was linked at 0. */
  readonly base: bigint;
  /** Link-time address of the program's first instruction. */
  readonly entry: bigint;
  /** Path of the same program with debugging information. */
  readonly debugFile?: string;
  /** Path of the kernel's vmlinux. */
  readonly vmlinux?: string;
  /** What is missing, and not needed. */
  readonly notes: readonly Diagnostic[];
}

export interface SymbolPlaces {
  /** Path of the file that `--separate-debug-file` has written. Default: the image's name and {@link DEBUG_FILE_ENDING}, if that is there. */
  readonly symbols?: string;
  /** Path of the kernel's vmlinux. Default: that of the image's kit. */
  readonly vmlinux?: string;
}

/** Finds the symbols of an image. Throws UKL3014, UKL3015 and UKL3017 for an image that has none, UKL5018, UKL6004. */
export async function imageSymbols(image: string, places: SymbolPlaces): Promise<ImageSymbols> {
  const { elf: program, kit, slot } = await readProgram(image);
  const elf = readElf(program, { file: image });
  const base = elf.header.type === ET.DYN ? slot : 0n;
  const notes: Diagnostic[] = [];

  const debugFile = places.symbols ?? image + DEBUG_FILE_ENDING;
  let found = places.symbols !== undefined || existsSync(debugFile);
  const difference = found
    ? differenceOf(elf, readElf(await readWhole(debugFile), { file: debugFile }))
    : undefined;
  if (difference !== undefined) {
    const wrong = runErrors.symbolsOfAnother(difference, { file: debugFile });
    if (places.symbols !== undefined) throw new UklError(wrong);
    // Of an earlier link, most likely. The image's own symbols do as well.
    notes.push({ ...wrong, severity: 'warning' });
    found = false;
  }
  const vmlinux = places.vmlinux ?? (await vmlinuxOf(kit));
  if (vmlinux === undefined) notes.push(runErrors.kernelWithoutSymbols(shownKey({ key: kit ?? 'unknown' })));
  return {
    program,
    base,
    entry: base + elf.header.entry,
    ...(found ? { debugFile } : {}),
    ...(vmlinux === undefined ? {} : { vmlinux }),
    notes,
  };
}

/** Why a file is not of the same link: the code must be the same, byte for byte. */
function differenceOf(program: ElfFile, other: ElfFile): string | undefined {
  const codeOf = (elf: ElfFile) =>
    elf.segments.find(({ type, flags }) => type === PT.LOAD && (flags & PF.X) !== 0);
  const [wanted, found] = [codeOf(program), codeOf(other)];
  if (wanted === undefined) return undefined;
  if (found?.virtualAddress !== wanted.virtualAddress) return 'their code lies at another address';
  if (Buffer.compare(found.contents, wanted.contents) !== 0) return 'their code is another';
  return undefined;
}

async function vmlinuxOf(key: string | undefined): Promise<string | undefined> {
  const kit = key === undefined ? undefined : await kitOfKey(key);
  if (kit === undefined) return undefined;
  const path = join(kit.folder, DEBUG_DIR, 'vmlinux');
  return existsSync(path) ? path : undefined;
}

async function readWhole(file: string): Promise<Buffer> {
  return await readFile(file).catch((error: unknown) => {
    throw asIoError(error, file, 'read');
  });
}
