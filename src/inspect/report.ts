/**
 * What `ukl-link inspect` says of a file: plain data that JSON can hold, described in docs/inspect.md. Sizes and offsets are bytes;
 * addresses are `0x` and 16 hexadecimal digits, because JSON has no integers of that size.
 */
import type { Severity } from '../errors/index.js';
import type { UklOption } from '../options/index.js';
/** Raised when a field changes its meaning or goes away. */
export const INSPECT_SCHEMA = 1;

export type Address = string;

export const address = (value: bigint): Address => `0x${value.toString(16).padStart(16, '0')}`;

export type FileReport = { readonly file: string; readonly size: number } & (
  ObjectReport | ArchiveReport | ProgramReport | KitReport | ImageReport
);

/** Bytes of memory by kind, as `size` counts them: read-only, writable, zeros. */
export interface MemorySizes {
  readonly text: number;
  readonly data: number;
  readonly bss: number;
}

/** System call sites of objects, by what a link makes of them. */
export interface SiteCounts {
  readonly total: number;
  /** Led to the kernel's entry. */
  readonly redirected: number;
  /** The others keep their instruction: how many, by the reason. */
  readonly native: Readonly<Record<string, number>>;
}

/** How many findings `ukl-link check` has, by severity. */
export type FindingCounts = Readonly<Record<Severity, number>>;

/** What machine code does that matters in ring 0. */
export interface CodeReport {
  /** Bytes of executable sections or segments. */
  readonly size: number;
  /** `syscall` instructions. */
  readonly syscalls: number;
  /** Direct jumps and calls that leave the program for the kernel, by where they go: rewritten system calls. Only in an image. */
  readonly kernelEntries: readonly KernelEntry[];
}

export interface KernelEntry {
  readonly address: Address;
  readonly count: number;
  /** The kernel's name for it, if the image's kit is at hand. */
  readonly symbol?: string;
}

export interface SectionReport {
  readonly name: string;
  /** `SHT_…`. */
  readonly type: string;
  /** As readelf writes them: `WA`, `AX`, `AXG` … */
  readonly flags: string;
  readonly offset: number;
  readonly size: number;
  readonly align: number;
  /** Relocations that apply to it. */
  readonly relocations: number;
}

/**
 * How an object reaches its symbols: `position-independent`; `top 2 GiB` (absolute words that sign extension makes kernel addresses:
 * -mcmodel=kernel); `low 2 GiB` (absolute words that cannot hold an address of the slot); `large` (64-bit addresses in code).
 */
export type CodeModel = 'position-independent' | 'top 2 GiB' | 'low 2 GiB' | 'large';

export interface ObjectReport {
  readonly kind: 'object';
  readonly memory: MemorySizes;
  readonly codeModel: CodeModel;
  /** Relocations of loaded sections, by type. */
  readonly relocations: Readonly<Record<string, number>>;
  readonly symbols: { readonly local: number; readonly global: number; readonly undefined: number };
  /** COMDAT groups. */
  readonly groups: number;
  readonly sites: SiteCounts;
  readonly findings: FindingCounts;
  readonly sections: readonly SectionReport[];
}

export type MemberReport = { readonly name: string; readonly size: number } & (
  | {
      readonly kind: 'object';
      readonly memory: MemorySizes;
      readonly sites: SiteCounts;
      readonly findings: FindingCounts;
      readonly codeModel: CodeModel;
    }
  /** No x86-64 object: why, or what it is. */
  | { readonly kind: 'other'; readonly what: string }
);

export interface ArchiveReport {
  readonly kind: 'archive';
  readonly format: 'gnu' | 'bsd';
  readonly thin: boolean;
  /** Symbols in the index; null without one. */
  readonly index: number | null;
  readonly objects: number;
  readonly memory: MemorySizes;
  readonly sites: SiteCounts;
  readonly findings: FindingCounts;
  readonly members: readonly MemberReport[];
}

export interface SegmentReport {
  /** `PT_…`. */
  readonly type: string;
  readonly offset: number;
  readonly address: Address;
  readonly fileSize: number;
  readonly memorySize: number;
  /** `R`, `W` and `E`, as readelf writes them. */
  readonly flags: string;
  readonly align: number;
}

export interface NoteReport {
  readonly owner: string;
  readonly type: number;
  readonly size: number;
  /** What it says, where that is known. */
  readonly text?: string;
}

/** A linked ELF file: a program, a shared library, a kernel's vmlinux. */
export interface ProgramReport extends LinkedElf {
  readonly kind: 'program';
  /** Of an executable that a wrapper has linked: what `--with-program` takes it for. */
  readonly link?: LinkReport;
}

/** What `ukl-gcc` has recorded of a link. */
export interface LinkReport {
  /** Version of the ukl-link that recorded it. */
  readonly tool: string;
  readonly linker: string;
  readonly folder: string;
  /** Objects and archives that the executable carries. */
  readonly inputs: readonly { readonly path: string; readonly size: number }[];
  /** Libraries of the system, by the names behind `-l`. */
  readonly libraries: readonly string[];
  /** Shared libraries of the program's own build without an archive: a link lacks them. */
  readonly shared: readonly string[];
  readonly incomplete?: string;
}

/** What a linker has made, as a file or in the slot of an image. */
export interface LinkedElf {
  /** In words: `a static program at a fixed address (ET_EXEC)`. */
  readonly what: string;
  readonly entry: Address;
  readonly interpreter?: string;
  /** Shared libraries it needs. */
  readonly needed: readonly string[];
  readonly memory: MemorySizes;
  readonly segments: readonly SegmentReport[];
  readonly tls?: { readonly size: number; readonly fileSize: number; readonly align: number };
  readonly executableStack: boolean;
  readonly notes: readonly NoteReport[];
  readonly sections: number;
  readonly symbols: number;
  readonly code: CodeReport;
}

export interface KitReport {
  readonly kind: 'kit';
  /** A folder, or a file that another machine can install. */
  readonly packed: boolean;
  readonly key: string;
  /** Version of the ukl-link that made it. */
  readonly tool: string;
  readonly kernel: {
    readonly release: string;
    readonly version: string;
    readonly source: string | null;
    readonly series: string | null;
    readonly profile: string;
    readonly compiler: string;
  };
  readonly slot: SlotReport;
  /** Symbols of the kernel. */
  readonly symbols: number;
  /** Bytes of all files. */
  readonly contents: number;
  readonly files: readonly { readonly name: string; readonly size: number; readonly sha256: string }[];
  /** Whether every file was compared with its SHA-256; one that differs is an error. */
  readonly verified: boolean;
}

export interface SlotReport {
  readonly address: Address;
  readonly size: number;
}

/** What the setup header says (Documentation/x86/boot.rst). */
export interface BootReport {
  /** `2.15`. */
  readonly protocol: string;
  readonly relocatable: boolean;
  /** Entry in 64-bit mode. */
  readonly entry64: boolean;
  /** May lie above 4 GiB. */
  readonly above4G: boolean;
  readonly efiStub: boolean;
  readonly loadAddress: Address;
  readonly alignment: number;
  readonly cmdlineSize: number;
  readonly setupSize: number;
  /** Memory that the kernel takes until it can read the memory map. */
  readonly initSize: number;
}

export interface RootfsEntryReport {
  readonly path: string;
  readonly type: string;
  /** Permission bits, in octal. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Of a symbolic link. */
  readonly target?: string;
  /** Of a device: major, minor. */
  readonly device?: readonly [number, number];
}

/** Where the bytes of an unpacked image are. */
export interface ImagePart {
  /** `symbols`: with the program's section headers. */
  readonly name: 'kernel' | 'program' | 'symbols' | 'root file system' | 'command line' | 'boot relocations';
  readonly size: number;
}

/** What this tool has put into an image. */
export interface LinkedReport {
  /** Key of the kit; null in an image that does not say. */
  readonly kit: string | null;
  /** Where the kit is on this machine. */
  readonly kitFolder?: string;
  readonly slot: SlotReport;
  /** Bytes of the payload when unpacked, and by part. */
  readonly unpacked: number;
  readonly parts: readonly ImagePart[];
  /** Words that KASLR moves. */
  readonly bootRelocations: { readonly kernel: number; readonly program: number };
  /** The link's; undefined: the kernel's own. */
  readonly cmdline?: string;
  /** Bytes of the slot that program and root file system take. */
  readonly slotUsed: number;
  readonly program?: LinkedElf;
  /** Those of docs/options.md that it was linked with. */
  readonly options?: readonly UklOption[];
  /** argv[0] and arguments, and environment. */
  readonly argv?: readonly string[];
  readonly env?: readonly string[];
  readonly rootfs?: RootfsReport;
}

export interface RootfsReport {
  /** Bytes of the archive as it lies in the image. */
  readonly size: number;
  readonly compression: 'none' | 'gzip' | 'lz4' | 'zstd' | 'unknown';
  /** Not told for one that only the kernel can unpack. */
  readonly entries?: readonly RootfsEntryReport[];
}

export interface ImageReport {
  readonly kind: 'image';
  /** `6.1.192-ukl (root@host) #1 SMP …`. */
  readonly kernel: string;
  readonly boot: BootReport;
  readonly compression: string;
  /** Bytes of the compressed payload. */
  readonly payload: number;
  /** Whether the checksum at the end is right; false for an image that was signed or appended to. */
  readonly crcGood: boolean;
  /** Null: not made by ukl-link. */
  readonly link: LinkedReport | null;
}
