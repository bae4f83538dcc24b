/**
 * What goes into an image, as plain data. Sizes and offsets are bytes; addresses are link-time addresses
 * (before KASLR moves them). Numbers hold them exactly where they stay below 2^53, bigint elsewhere.
 */

/** A linked program, as the link pass hands it over. */
export interface LinkedProgram {
  /**
   * The linked ELF64 file: `ET_EXEC` linked at the slot's address, or `ET_DYN` linked at 0. Its first
   * `PT_LOAD` covers the ELF header and the program headers; one program header is `PT_UKL_INITRAMFS`. If it has section
   * headers, file offsets are offsets from the slot's start, and all that is behind the segments goes into the slot, too.
   */
  readonly elf: Uint8Array;
  /**
   * Words KASLR has to move, those of the ELF header, program headers, section headers and symbols included (`e_entry`, `p_vaddr` …).
   * Empty for `ET_DYN`.
   */
  readonly relocs: BootRelocs;
}

/**
 * The three lists of the kernel's boot relocations (arch/x86/tools/relocs.c). Each entry is the low 32 bits of a
 * word's link-time virtual address, which the boot stub sign-extends; order is free, 0 cannot appear.
 */
export interface BootRelocs {
  /** 64-bit words: the KASLR offset is added. */
  readonly relocs64: ArrayLike<number>;
  /** 32-bit words the offset is subtracted from (per-CPU, PC-relative). A program has none. */
  readonly relocs32Inverse: ArrayLike<number>;
  /** 32-bit words (R_X86_64_32S): the offset is added. */
  readonly relocs32: ArrayLike<number>;
}

/** Where a program goes. */
export interface SlotInfo {
  /** `__ukl_slot_start`, link-time virtual address (kernel half). */
  readonly vaddr: bigint;
  /** Link-time physical address. */
  readonly paddr: number;
  /** Bytes, a multiple of 2 MiB. */
  readonly size: number;
}

/** What {@link packImage} needs besides the kit. */
export interface ImageContent {
  /** Without a program the slot starts with a page of zeros; exec of a trigger then fails with ENOEXEC. */
  readonly program?: LinkedProgram;
  /** A cpio archive, plain or compressed with gzip, lz4 or zstd. Needs a program: it lies behind it in the slot. */
  readonly initramfs?: Uint8Array;
  /** Default kernel command line (ASCII, at most {@link MAX_CMDLINE} bytes); the boot loader's is appended to it. */
  readonly cmdline?: string;
  /** What the kernel is to do differently for this program, a bit each (src/options); 0 to 255. */
  readonly options?: number;
  /** Key of the kit, 64 hexadecimal digits: told to whoever looks into the image later. */
  readonly kit?: string;
}

/**
 * Longest built-in command line: COMMAND_LINE_SIZE (2048, arch/x86/include/asm/setup.h) without the
 * terminating NUL and the blank that separates it from the boot loader's.
 */
export const MAX_CMDLINE = 2046;
