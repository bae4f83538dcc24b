import { PT, readElf, type ElfFile } from '../elf/index.js';
import type { Place } from '../errors/index.js';
import { readImage, type BootRelocs, type ImageInfo, type SetupHeader } from '../image/index.js';
import { PT_UKL_INITRAMFS, headerOptions } from '../image/program-headers.js';
import { optionsOf, type UklOption } from '../options/index.js';
import { readKitFile, type Kit } from '../kernel/kit.js';
import { kitOfKey } from '../kernel/store.js';
import type { KernelRange } from './code.js';
import { programReport } from './program.js';
import { address, type BootReport, type ImagePart, type ImageReport, type LinkedReport } from './report.js';
import { rootfsContent } from './rootfs.js';
import { symbolsAt } from './system-map.js';

type UklImage = NonNullable<ImageInfo['ukl']>;

/** The kernel's code model: everything of it lies in the top 2 GiB. Per-CPU segments are linked at 0. */
const KERNEL_START = 0xffff_ffff_8000_0000n;

/** Everything about a bzImage, whoever made it. Throws UKL3014 and UKL3015 for one that is damaged, UKL3033 for a damaged root file system. */
export async function imageReport(image: Uint8Array, place: Place): Promise<ImageReport> {
  const { setup, crcGood, compression, ukl } = await readImage(image, place);
  return {
    kind: 'image',
    kernel: setup.kernelVersion,
    boot: bootReport(setup),
    compression,
    payload: setup.payloadSize,
    crcGood,
    link: ukl === undefined ? null : await linkedReport(ukl, place),
  };
}

function bootReport(setup: SetupHeader): BootReport {
  const { protocol, relocatable, entry64, above4G, efiStub, alignment, cmdlineSize, setupSize, initSize } =
    setup;
  return {
    protocol: `${protocol >> 8}.${String(protocol & 0xff).padStart(2, '0')}`,
    relocatable,
    entry64,
    above4G,
    efiStub,
    loadAddress: address(BigInt(setup.prefAddress)),
    alignment,
    cmdlineSize,
    setupSize,
    initSize,
  };
}

async function linkedReport(ukl: UklImage, place: Place): Promise<LinkedReport> {
  const kit = ukl.kit === undefined ? undefined : await kitOfKey(ukl.kit);
  const elf = ukl.program === undefined ? undefined : readElf(ukl.program.elf, place);
  const rootfs = ukl.initramfs === undefined ? undefined : rootfsContent(ukl.initramfs, place);
  const options = elf === undefined ? undefined : programOptions(elf);
  return {
    kit: ukl.kit ?? null,
    ...(kit === undefined ? {} : { kitFolder: kit.folder }),
    slot: { address: address(ukl.slot.vaddr), size: ukl.slot.size },
    unpacked: ukl.outputSize,
    parts: imageParts(ukl, elf),
    bootRelocations: relocationCounts(ukl),
    ...(ukl.cmdline === undefined ? {} : { cmdline: ukl.cmdline }),
    slotUsed: ukl.program?.size ?? 0,
    ...(elf === undefined ? {} : { program: programReport(elf, await kernelRange(ukl, kit)) }),
    ...(options === undefined ? {} : { options }),
    ...(rootfs?.argv === undefined ? {} : { argv: rootfs.argv }),
    ...(rootfs?.env === undefined ? {} : { env: rootfs.env }),
    ...(rootfs === undefined ? {} : { rootfs: rootfs.report }),
  };
}

/** Where the kernel's own segments lie, and what its symbols are called. */
async function kernelRange({ payload, slot }: UklImage, kit: Kit | undefined): Promise<KernelRange> {
  const addresses = payload.segments
    .filter(({ type, virtualAddress }) => type === PT.LOAD && virtualAddress >= KERNEL_START)
    .map(({ virtualAddress }) => virtualAddress);
  const start = addresses.reduce((least, one) => (one < least ? one : least), slot.vaddr);
  const map = kit === undefined ? undefined : symbolsAt(await readKitFile(kit, 'System.map'));
  return { start, end: slot.vaddr, symbolAt: (at) => map?.get(at) };
}

/** What the link has told the kernel to do differently for this program. */
function programOptions(elf: ElfFile): UklOption[] | undefined {
  const announced = elf.segments.find(({ type }) => type === PT_UKL_INITRAMFS);
  return announced && optionsOf(headerOptions(announced.flags));
}

function imageParts({ payload, slot, relocs, initramfs }: UklImage, elf: ElfFile | undefined): ImagePart[] {
  const loads = payload.segments.filter(({ type }) => type === PT.LOAD);
  const inSlot = (at: bigint): boolean => at >= slot.vaddr && at < slot.vaddr + BigInt(slot.size);
  const own = loads.filter(({ virtualAddress }) => !inSlot(virtualAddress));
  // A command line replaces bytes that a segment before it has brought.
  const overlays = own.filter((one) =>
    own.some(
      (other) =>
        other.index < one.index &&
        other.physicalAddress <= one.physicalAddress &&
        one.physicalAddress + BigInt(one.fileSize) <= other.physicalAddress + BigInt(other.fileSize),
    ),
  );
  const bytes = (segments: readonly { readonly fileSize: number }[]): number =>
    segments.reduce((sum, { fileSize }) => sum + fileSize, 0);
  const programLoads = elf?.segments.filter(({ type }) => type === PT.LOAD) ?? [];
  const programSize = bytes(programLoads);
  const programEnd = Math.max(0, ...programLoads.map(({ offset, fileSize }) => offset + fileSize));
  const entries = relocs.relocs64.length + relocs.relocs32Inverse.length + relocs.relocs32.length;
  const parts: ImagePart[] = [
    { name: 'kernel', size: bytes(own) - bytes(overlays) },
    { name: 'program', size: programSize },
    { name: 'symbols', size: Math.max(0, (elf?.bytes.length ?? 0) - programEnd) },
    { name: 'root file system', size: initramfs?.length ?? 0 },
    { name: 'command line', size: bytes(overlays) },
    // Each list is headed by a zero.
    { name: 'boot relocations', size: (entries + 3) * 4 },
  ];
  return parts.filter(({ size }) => size > 0);
}

function relocationCounts({ slot, relocs }: UklImage): LinkedReport['bootRelocations'] {
  const low = Number(BigInt.asUintN(32, slot.vaddr));
  let program = 0;
  let all = 0;
  for (const list of ['relocs64', 'relocs32Inverse', 'relocs32'] as const satisfies (keyof BootRelocs)[]) {
    all += relocs[list].length;
    for (let i = 0; i < relocs[list].length; i++) {
      const offset = (relocs[list][i] ?? 0) - low;
      if (offset >= 0 && offset < slot.size) program++;
    }
  }
  return { kernel: all - program, program };
}
