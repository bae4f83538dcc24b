import type { WarningOptions } from '../errors/index.js';
import type { AddedFile } from '../image/added-files.js';
import type { ImageCompression } from '../image/compression.js';
import type { UklOption } from '../options/index.js';
import type { SyscallMode } from '../rewrite/index.js';

export interface LinkOptions extends WarningOptions {
  /** The inputs in ld's order and spelling: files, `-lNAME`, `-LDIR`, groups … */
  readonly program: readonly string[];
  /** Path of the image. */
  readonly output: string;
  /** Name of a kit (a folder, or the first digits of its key); without one, the kit that links take when none is named. */
  readonly kit?: string;
  /** The program's arguments, its name (argv[0]) not included. */
  readonly args?: readonly string[];
  /** `NAME=value` each. */
  readonly env?: readonly string[];
  /** Default kernel command line. */
  readonly cmdline?: string;
  /** Folder or cpio archive that replaces the default root file system. */
  readonly rootfs?: string;
  /** Files and folders of the host that are put into it; they replace what it has at their place. */
  readonly files?: readonly AddedFile[];
  /** Whether system call sites are led to the kernel's entry where that is proven right (the default), or all left alone. */
  readonly syscalls?: SyscallMode;
  /** The options of docs/options.md, each once. */
  readonly enable?: readonly UklOption[];
  /** Path of a text file that says what became of each system call site. */
  readonly map?: string;
  /** Whether the result is to say so as well. */
  readonly sites?: boolean;
  /** Path of a file for debuggers: the linked program with the debugging information of its inputs. */
  readonly debugFile?: string;
  /** Path of a Makefile that names every file the image depends on, as `ld --dependency-file` writes it. */
  readonly dependencyFile?: string;
  /** What the image depends on besides what the link reads: the file that these options come from. */
  readonly dependsOn?: readonly string[];
  /** What the image is compressed with; `lz4` when absent. */
  readonly compress?: ImageCompression;
}
