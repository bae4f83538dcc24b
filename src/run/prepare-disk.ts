import { link, open, realpath, rm, type FileHandle } from 'node:fs/promises';
import { UklError, diskErrors } from '../errors/index.js';
import {
  asIoError,
  demandRequirements,
  findTool,
  forgetTemporary,
  systemCode,
  temporaryName,
  whenAbsent,
  type Requirement,
} from '../host/index.js';
import { defaultDiskSize, type Disk } from './disks.js';

const mke2fs: Requirement = { kind: 'command', name: 'mke2fs', package: 'e2fsprogs' };

/** What formatting a disk needs of the machine. */
export const diskRequirements: readonly Requirement[] = [mke2fs];

/** Of the superblock, which starts at 1024 (fs/ext4/ext4.h, struct ext4_super_block). */
const magicAt = 1024 + 0x38;
const ext4Magic = 0xef53;

/** What other people put at the start of a file; for the message only. */
const strangers: readonly (readonly [at: number, bytes: string, what: string])[] = [
  [0, 'QFI\xfb', 'it is a qcow2 image'],
  [0, 'KDMV', 'it is a VMDK image'],
  [0, 'XFSB', 'it holds an XFS file system, which the kernel does not know'],
  [510, '\x55\xaa', 'it has a partition table'],
];

/**
 * Makes a disk ready for a machine: a file that is not there is made, sparse, with an empty ext4 file system; so is a file of zeros given
 * one. Every other file must hold one (ext2 and ext3 will do). Nothing that has content is ever written.
 *
 * @throws UklError UKL5031, UKL5033, UKL6002 … UKL6005
 */
export async function prepareDisk(disk: Disk): Promise<void> {
  const { file, readOnly = false } = disk;
  const handle = await open(file, readOnly ? 'r' : 'r+')
    .catch(whenAbsent(undefined))
    .catch(asError(file, 'read'));
  if (handle === undefined) {
    if (readOnly) throw unusable(file, 'it is not there, and a new one would be empty');
    return makeDisk(disk);
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw unusable(file, 'it is no plain file');
    const start = Buffer.alloc(2048);
    await handle.read(start, 0, start.length, 0);
    if (start.readUInt16LE(magicAt) === ext4Magic) return;
    const stranger = strangers.find(([at, bytes]) => start.toString('latin1', at).startsWith(bytes));
    if (stranger !== undefined) throw unusable(file, stranger[2]);
    if (readOnly || !(await isBlank(handle)))
      throw unusable(file, 'it holds something that is no ext4 file system');
    await formatBlank(handle, file, stats.size === 0 ? sizeOf(disk) : stats.size, stats.size);
  } catch (error) {
    throw asIoError(error, file, 'read');
  } finally {
    await handle.close();
  }
}

const sizeOf = ({ size = defaultDiskSize }: Disk): number => size;
const unusable = (file: string, why: string): UklError => new UklError(diskErrors.diskUnusable(file, why));

function asError(file: string, access: 'read' | 'write'): (error: unknown) => never {
  return (error) => {
    throw asIoError(error, file, access) as Error;
  };
}

/** Whole or not at all; of two runs that make it at once, one does, and QEMU's lock decides who has it. */
async function makeDisk(disk: Disk): Promise<void> {
  const temporary = temporaryName(disk.file);
  try {
    const handle = await open(temporary, 'wx+');
    try {
      await formatBlank(handle, temporary, sizeOf(disk), 0);
    } finally {
      await handle.close();
    }
    await link(temporary, disk.file).catch((error: unknown) => {
      if (systemCode(error) !== 'EEXIST') throw error;
    });
  } catch (error) {
    throw asIoError(error, disk.file, 'write');
  } finally {
    await rm(temporary, { force: true });
    forgetTemporary(temporary);
  }
}

/** Makes a file system in a file of zeros; when it cannot be made, the file is zeros again. */
async function formatBlank(handle: FileHandle, file: string, size: number, before: number): Promise<void> {
  await handle.truncate(size);
  try {
    await format(await realpath(file));
  } catch (error) {
    await handle.truncate(0);
    await handle.truncate(before);
    throw error;
  }
  await handle.sync();
}

/** All is written here: nothing is left for the guest's kernel to initialize while the program runs. */
async function format(file: string): Promise<void> {
  demandRequirements(diskRequirements);
  const { execa } = await import('execa');
  const words = ['-q', '-F', '-t', 'ext4', '-b', '4096', '-m', '0', '-e', 'remount-ro'];
  const now = 'lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0';
  const result = await execa(findTool(mke2fs.name) ?? mke2fs.name, [...words, '-E', now, file], {
    all: true,
    reject: false,
    stdin: 'ignore',
  });
  if (result.failed) throw new UklError(diskErrors.formatFailed(file, result.all ?? ''));
}

/** Only zeros, or nothing. A hole is not read from the disk. */
async function isBlank(handle: FileHandle): Promise<boolean> {
  const piece = Buffer.alloc(2 ** 20);
  const zeros = Buffer.alloc(2 ** 20);
  for (let at = 0; ;) {
    const { bytesRead } = await handle.read(piece, 0, piece.length, at);
    if (bytesRead === 0) return true;
    if (piece.compare(zeros, 0, bytesRead, 0, bytesRead) !== 0) return false;
    at += bytesRead;
  }
}
