import { UklError, diskErrors, type Diagnostic } from '../errors/index.js';

/** A file of the host that is a disk of the machine, mounted before the program starts. */
export interface Disk {
  /** Made when it is not there. */
  readonly file: string;
  /** Absolute path in the guest. */
  readonly folder: string;
  /** Bytes, if the file is made. Default {@link defaultDiskSize}. */
  readonly size?: number;
  readonly readOnly?: boolean;
}

/** Where a disk is mounted that is given without a folder. */
export const defaultDiskFolder = '/data';

/** 1 GiB; the file is sparse and takes what is written. */
export const defaultDiskSize = 2 ** 30;

/** Bytes: a journal needs its place; ext4 with blocks of 4 KiB and 32-bit block numbers ends at the other. */
const smallestDisk = 2 ** 24;
const largestDisk = 2 ** 44;

const units: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

function sizeOf(value: string, whole: string): number {
  const [, digits, unit = ''] = /^(\d{1,14})([KMGT]?)$/.exec(value) ?? [];
  const size = digits === undefined ? NaN : Number(digits) * (units[unit] ?? NaN);
  if (size >= smallestDisk && size <= largestDisk) return size;
  throw new UklError(diskErrors.badDisk(whole, `'${value}' is no size from 16M to 16T`));
}

/**
 * Reads `FILE[:/FOLDER][,size=SIZE][,ro]`. A name with commas or colons of its own cannot be written so; as a {@link Disk} it can be given.
 *
 * @throws UklError UKL5030
 */
export function parseDisk(text: string): Disk {
  const fail = (why: string): UklError => new UklError(diskErrors.badDisk(text, why));
  const [place = '', ...words] = text.split(',');
  const [file = '', folder = defaultDiskFolder, ...rest] = place.split(':');
  if (file === '') throw fail('there is no file');
  if (rest.length > 0) throw fail('too many colons');
  let disk: Disk = { file, folder };
  for (const word of words) {
    const [, value] = /^size=(.*)$/.exec(word) ?? [];
    if (word === 'ro') disk = { ...disk, readOnly: true };
    else if (value !== undefined) disk = { ...disk, size: sizeOf(value, text) };
    else throw fail(`'${word}' is neither size=SIZE nor ro`);
  }
  return disk;
}

/** What cannot be told to the guest or would take another disk's place. */
export function checkDisks(disks: readonly Disk[] = []): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const folders = new Set<string>();
  for (const { file, folder, size } of disks) {
    const fail = (why: string): void => void problems.push(diskErrors.badDisk(file, why));
    // It goes through the kernel's command line and /init's list.
    if (!/^\/[!#-9;-~]+$/.test(folder))
      fail(`'${folder}' is no absolute path of plain characters, without blanks, quotes and colons`);
    if (folders.has(folder)) fail(`there is another disk at ${folder}: name another folder, FILE:/FOLDER`);
    if (size !== undefined && !(size >= smallestDisk && size <= largestDisk))
      fail(`${size} bytes are no size from 16M to 16T`);
    folders.add(folder);
  }
  return problems;
}

/** The virtio disk's serial number, by which /init finds it: the order of the devices does not matter. */
const serialOf = (index: number): string => `disk${index}`;

/** Parameters that tell /init what to mount (guest/disks.h). */
export function mountParameters(disks: readonly Disk[] = []): string[] {
  return disks.map(
    ({ folder, readOnly }, i) => `ukl.mount=${serialOf(i)}:${folder}${readOnly ? ':ext4:ro' : ''}`,
  );
}

/**
 * QEMU's arguments. A write that the guest has flushed (fsync) is in the host's file, and fdatasync(2) has been called for it: it
 * survives the end of QEMU and, as far as the host's disk keeps its word, that of the host.
 */
export function diskArguments(disks: readonly Disk[] = []): string[] {
  return disks.flatMap(({ file, readOnly = false }, i) => {
    const node = {
      driver: 'raw',
      'node-name': serialOf(i),
      'read-only': readOnly,
      discard: 'unmap',
      cache: { direct: false, 'no-flush': false },
      file: { driver: 'file', filename: file },
    };
    const device = `virtio-blk-pci,drive=${serialOf(i)},serial=${serialOf(i)}`;
    return ['-blockdev', JSON.stringify(node), '-device', device];
  });
}
