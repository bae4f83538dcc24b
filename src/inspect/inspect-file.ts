import { readFile, stat } from 'node:fs/promises';
import { ET, identify, readArchive, readElf } from '../elf/index.js';
import { UklError, hostErrors } from '../errors/index.js';
import { asIoError, systemCode } from '../host/index.js';
import { findStored, listKits } from '../kernel/store.js';
import { archiveReport } from './archive.js';
import { imageReport } from './image.js';
import { kitReport, packedKitReport } from './kit.js';
import { linkReport } from './link-record.js';
import { objectReport } from './object.js';
import { programReport } from './program.js';
import type { FileReport } from './report.js';
import { isTrigger } from '../image/trigger.js';
import { describeForeign } from './foreign.js';

export interface InspectOptions {
  /** Compare every file of a kit with its SHA-256. */
  readonly verify?: boolean;
}

/** Largest file that is read into memory at once; no kernel image, object or archive is near it. */
const LARGEST_FILE = 2 ** 31 - 1;

/**
 * Says what a file is: an object, an archive, a linked program, a kernel image (ours or another), or a kit (a folder, a packed one, or the
 * first digits of a stored one's key).
 *
 * @throws UklError what is wrong with it; UKL6008 when it is none of these
 */
export async function inspectFile(
  name: string,
  { verify = false }: InspectOptions = {},
): Promise<FileReport> {
  const found = await stat(name).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw asIoError(error, name, 'read');
  });
  if (found === undefined && /^[0-9a-f]{2,64}$/i.test(name)) return inspectStoredKit(name, verify);
  if (found?.isDirectory()) return inspectKitFolder(name, verify);
  if (found !== undefined && !found.isFile()) throw foreign(name, 'a device, a pipe or a socket');
  if (found !== undefined && found.size > LARGEST_FILE) throw foreign(name, 'larger than 2 GiB');
  const bytes = await readFile(name).catch((error: unknown) => {
    throw asIoError(error, name, 'read');
  });
  return { file: name, size: bytes.length, ...(await reportOf(name, bytes, verify)) };
}

async function reportOf(file: string, bytes: Buffer, verify: boolean) {
  const place = { file };
  switch (identify(bytes)) {
    case 'elf': {
      if (isTrigger(bytes))
        throw foreign(file, 'a trigger: its exec starts the program in the slot of the running kernel');
      const elf = readElf(bytes, place);
      if (elf.header.type === ET.REL) return objectReport(elf);
      const link = linkReport(elf);
      return { kind: 'program' as const, ...programReport(elf), ...(link === undefined ? {} : { link }) };
    }
    case 'archive':
    case 'thin-archive':
      return archiveReport(file, readArchive(bytes, place));
    case 'bitcode':
    case 'other': {
      if (isBzImage(bytes)) return imageReport(bytes, place);
      // A gzip file: a packed kit is the only one that can be inspected.
      if (bytes[0] === 0x1f && bytes[1] === 0x8b) return packedKitReport(file, verify);
      throw foreign(file, describeForeign(bytes));
    }
  }
}

/** `HdrS`, the setup header's magic, or the boot sector's with room for one: a file that is cut short is still an image. */
function isBzImage(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0x202, 0x206) === 'HdrS';
}

async function inspectKitFolder(folder: string, verify: boolean): Promise<FileReport> {
  const report = await kitReport(folder, verify);
  return { file: folder, size: report.contents, ...report };
}

async function inspectStoredKit(key: string, verify: boolean): Promise<FileReport> {
  const stored = findStored(key, await listKits());
  if ('problems' in stored) throw new UklError(stored.problems);
  return inspectKitFolder(stored.folder, verify);
}

function foreign(file: string, what: string): UklError {
  return new UklError(hostErrors.foreignFile(file, what));
}
