import { errorDiagnostic, type Diagnostic, type Place } from './diagnostic.js';

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Slot sizes are whole MiB in the kernel's configuration and multiples of 2 MiB in memory. */
const slotThatHolds = (bytes: number): number => Math.ceil(bytes / 2 ** 21) * 2;

/** `ukl-link kernel build` takes no more (src/kernel/configure.ts). */
const LARGEST_SLOT = 512;

const biggerSlot = (bytes: number): string =>
  slotThatHolds(bytes) > LARGEST_SLOT
    ? `no slot is larger than ${LARGEST_SLOT} MiB: let the program get its memory when it runs (malloc, mmap)`
    : `build a kernel with a bigger slot: ukl-link kernel build --slot-size ${slotThatHolds(bytes)}`;

/** UKL3xxx: images, what goes into them and the kit's parts they are made of. */
export const imageErrors = {
  programTooLarge: (needed: number, slot: number, place: Place = {}): Diagnostic =>
    errorDiagnostic(
      'UKL3001',
      `the program needs ${mib(needed)} (${needed} bytes) in memory, the kernel's slot has ${mib(slot)}: ${needed - slot} bytes too many`,
      place,
      biggerSlot(needed),
    ),

  initramfsTooLarge: (initramfs: number, program: number, slot: number): Diagnostic =>
    errorDiagnostic(
      'UKL3002',
      `the root file system (${mib(initramfs)}) does not fit behind the program (${mib(program)}) in the kernel's slot of ` +
        `${mib(slot)}: ${program + initramfs - slot} bytes too many`,
      {},
      `make the root file system smaller, give what is large as a disk (ukl-link run --disk FILE:/FOLDER) or as an initrd, or ${biggerSlot(program + initramfs)}`,
    ),

  initramfsWithoutProgram: (): Diagnostic =>
    errorDiagnostic(
      'UKL3003',
      'a root file system can only be put into an image that has a program',
      {},
      'link a program, or boot the kernel with an initrd',
    ),

  cmdlineTooLong: (length: number, limit: number): Diagnostic =>
    errorDiagnostic(
      'UKL3004',
      `the kernel command line has ${length} bytes, the kernel takes at most ${limit}`,
      {},
      'shorten it; what the program needs can go into --args and --env, which have no such limit',
    ),

  cmdlineNotAscii: (offset: number): Diagnostic =>
    errorDiagnostic(
      'UKL3005',
      'the kernel command line contains a character that is not printable ASCII',
      { offset },
      'use printable ASCII characters only',
    ),

  cmdlineUnsupported: (): Diagnostic =>
    errorDiagnostic(
      'UKL3006',
      'the kernel of this kit has no built-in command line (no symbol builtin_cmdline)',
      {},
      'build a kernel with CONFIG_CMDLINE_BOOL=y, or give the command line when the image is run',
    ),

  programNotForSlot: (why: string, place: Place = {}): Diagnostic =>
    errorDiagnostic(
      'UKL3007',
      `the linked program cannot be put into the slot: ${why}`,
      place,
      'link it with ukl-link, which uses a linker script made for the slot',
    ),

  relocationOutsideProgram: (address: number, place: Place = {}): Diagnostic =>
    errorDiagnostic(
      'UKL3008',
      `a boot relocation names 0x${address.toString(16)}, which lies in none of the program's segments`,
      place,
      'this is a fault of ukl-link: please report it together with the input',
    ),

  bootPartsMissing: (file: string, why: string): Diagnostic =>
    errorDiagnostic(
      'UKL3010',
      `a part of the kit is missing or cannot be read: ${why}`,
      { file },
      'remove the kit with `ukl-link kernel remove` and build or install it again',
    ),

  bootPartsCorrupt: (why: string, file: string): Diagnostic =>
    errorDiagnostic(
      'UKL3011',
      `a part of the kit is corrupt: ${why}`,
      { file },
      'remove the kit with `ukl-link kernel remove` and build or install it again',
    ),

  bootPartsVersion: (found: unknown, wanted: number, file: string): Diagnostic =>
    errorDiagnostic(
      'UKL3012',
      `the kit's boot parts have format ${String(found)}, this ukl-link needs format ${wanted}`,
      { file },
      'build the kit again with this version of ukl-link: ukl-link kernel build',
    ),

  movesCollide: (what: string): Diagnostic =>
    errorDiagnostic(
      'UKL3013',
      `the boot stub could not unpack this image: ${what}`,
      {},
      'this is a fault of ukl-link: please report it together with the kit and the program',
    ),

  notAnImage: (why: string, place: Place = {}): Diagnostic =>
    errorDiagnostic(
      'UKL3014',
      `not a kernel image (bzImage): ${why}`,
      place,
      'give a file that ukl-link made',
    ),

  imageUnreadable: (why: string, place: Place = {}): Diagnostic =>
    errorDiagnostic(
      'UKL3015',
      `the kernel image is damaged: ${why}`,
      place,
      'make the image again: ukl-link --with-program=…',
    ),

  compressionMissing: (wanted: string, known: readonly string[], kit: string): Diagnostic =>
    errorDiagnostic(
      'UKL3016',
      `the kit has no boot stub for an image compressed with ${wanted}; it has ${known.join(', ') || 'none'}`,
      { file: kit },
      'choose another --compress, or build the kit again: ukl-link kernel build',
    ),

  noProgram: (place: Place): Diagnostic =>
    errorDiagnostic(
      'UKL3017',
      'there is no program of ukl-link in this image',
      place,
      'give an image that ukl-link has written',
    ),

  buildIncomplete: (file: string): Diagnostic =>
    errorDiagnostic(
      'UKL3020',
      'the kernel build is not complete: this file is missing or not what a finished build leaves',
      { file },
      'build the kernel to the end (target bzImage) with CONFIG_RANDOMIZE_BASE=y',
    ),

  relinkFailed: (target: string, output: string): Diagnostic =>
    errorDiagnostic(
      'UKL3021',
      `linking the boot stub again failed at ${target}:\n${output}`,
      {},
      'the tools that built the kernel (gcc, ld, objcopy, nm, lz4) must still be there when the kit is made',
    ),

  stubUnexplained: (differences: readonly string[]): Diagnostic =>
    errorDiagnostic(
      'UKL3022',
      `the kernel's boot stub changes with its payload in a way this ukl-link does not know: ${differences.join(', ')}`,
      {},
      'use the kernel version and the tools that this ukl-link was made for',
    ),

  stubRefusesSlot: (): Diagnostic =>
    errorDiagnostic(
      'UKL3023',
      'the boot stub refuses relocations behind .bss, where the slot is (handle_relocations() in misc.c)',
      {},
      'build the kernel with the whole patch series of this ukl-link',
    ),

  kernelNotForSlot: (why: string, place: Place = {}): Diagnostic =>
    errorDiagnostic(
      'UKL3024',
      `this kernel cannot take a program: ${why}`,
      place,
      'build it with CONFIG_UNIKERNEL_LINUX=y and the patch series of this ukl-link',
    ),

  rootfsUnreadable: (file: string, why: string): Diagnostic =>
    errorDiagnostic(
      'UKL3030',
      `a part of the root file system cannot be read: ${why}`,
      { file },
      'check that it exists and that you may read it',
    ),

  rootfsChanged: (file: string): Diagnostic =>
    errorDiagnostic(
      'UKL3031',
      'this file of the root file system changed while it was read',
      { file },
      'link again when nothing writes to it',
    ),

  rootfsEntryUnusable: (path: string, why: string): Diagnostic =>
    errorDiagnostic(
      'UKL3032',
      `/${path} cannot be a part of the root file system: ${why}`,
      {},
      'rename it or leave it out',
    ),

  badCpio: (why: string, place: Place = {}): Diagnostic =>
    errorDiagnostic(
      'UKL3033',
      `not a cpio archive that the kernel can unpack: ${why}`,
      place,
      'make it with: find . | cpio -o -H newc',
    ),

  cpioCompression: (compression: string, place: Place = {}): Diagnostic =>
    errorDiagnostic(
      'UKL3034',
      `the cpio archive is compressed with ${compression}; the program cannot be added to it`,
      place,
      'give it plain or compressed with gzip',
    ),

  badAddedFile: (text: string, why: string): Diagnostic =>
    errorDiagnostic(
      'UKL3036',
      `file '${text}': ${why}`,
      {},
      'write HOST:GUEST with an absolute path in the guest, for example redis.conf:/etc/redis.conf',
    ),

  guestInitMissing: (file: string, why: string): Diagnostic =>
    errorDiagnostic(
      'UKL3035',
      `a part of ukl-link itself, the first process of its images, cannot be read: ${why}`,
      { file },
      'install ukl-link again; in its source tree: make tool',
    ),
};
