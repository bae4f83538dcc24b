import { readFile } from 'node:fs/promises';
import { UklError, runErrors } from '../errors/index.js';
import { writeCpio } from '../image/cpio.js';
import { stringList, type RootfsEntry } from '../image/rootfs.js';

/** What a run adds to the files of the image. */
export interface RunFiles {
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  /** An initrd of the user's, unpacked before. */
  readonly initrd?: string;
  /** `port`: the virtio port that QEMU's command names; `null`: it is empty; `console`: whoever types there. */
  readonly stdin: 'port' | 'null' | 'console';
}

/** The files /init looks for (docs/architecture.md, "the guest"). */
export function runEntries(files: RunFiles): RootfsEntry[] {
  const { args = [], env = [], stdin } = files;
  const file = (path: string, data: Uint8Array): RootfsEntry => ({ type: 'file', path, mode: 0o644, data });
  return [
    { type: 'directory', path: '.ukl', mode: 0o755 },
    ...(args.length > 0 ? [file('.ukl/run-argv', stringList(args))] : []),
    ...(env.length > 0 ? [file('.ukl/run-env', stringList(env))] : []),
    ...(stdin === 'console' ? [] : [file('.ukl/run-stdin', Buffer.from(stdin))]),
  ];
}

/**
 * The run's initrd: the user's, if any, then ours. The kernel unpacks archives that stand behind each other
 * (Documentation/driver-api/early-userspace/buffer-format.rst), each starting at a multiple of 4 bytes.
 *
 * @throws UklError UKL5002 if the user's cannot be read
 */
export async function makeRunInitrd(files: RunFiles): Promise<Uint8Array> {
  const first = files.initrd === undefined ? Buffer.alloc(0) : await readInitrd(files.initrd);
  const padding = Buffer.alloc(-first.length & 3);
  return Buffer.concat([first, padding, writeCpio(runEntries(files))]);
}

async function readInitrd(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UklError(
      runErrors.imageUnreadable(file, (error as NodeJS.ErrnoException).code ?? String(error)),
      {
        cause: error,
      },
    );
  }
}
