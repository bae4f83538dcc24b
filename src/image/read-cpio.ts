import { gunzipSync } from 'node:zlib';
import { imageErrors, UklError, type Place } from '../errors/index.js';
import { CPIO_HEADER_SIZE, CPIO_TRAILER, FILE_TYPE_BITS } from './cpio.js';
import type { RootfsEntry } from './rootfs-entry.js';

/** Largest archive that is unpacked: the kernel's image, which has to hold it, cannot be larger. */
const MAX_SIZE = 2 ** 30;

const TYPE_BITS = 0o170000;
const TYPE_OF = new Map(
  Object.entries(FILE_TYPE_BITS).map(([type, bits]) => [bits, type as RootfsEntry['type']]),
);

const OTHER_FORMATS: readonly (readonly [string, readonly number[]])[] = [
  ['lz4', [0x02, 0x21, 0x4c, 0x18]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58]],
  ['bzip2', [0x42, 0x5a, 0x68]],
];

interface RawMember {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Identity of a file with more than one name. */
  readonly link: string | undefined;
  readonly rdev: readonly [number, number];
  readonly data: Uint8Array;
}

function unpackedBytes(bytes: Uint8Array, place: Place): Uint8Array {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      return gunzipSync(bytes, { maxOutputLength: MAX_SIZE });
    } catch (error) {
      throw new UklError(imageErrors.badCpio((error as Error).message, place), { cause: error });
    }
  }
  const other = OTHER_FORMATS.find(([, magic]) => magic.every((byte, at) => bytes[at] === byte));
  if (other !== undefined) throw new UklError(imageErrors.cpioCompression(other[0], place));
  return bytes;
}

/** The members of one or more archives that stand behind each other, trailers left out. */
function* rawMembers(bytes: Buffer): Generator<RawMember> {
  let at = 0;
  let archive = 0;
  while (at < bytes.length) {
    if (bytes[at] === 0) {
      at++;
      continue;
    }
    const magic = bytes.toString('latin1', at, at + 6);
    if (magic !== '070701' && magic !== '070702') throw new Error(`no newc header at offset ${at}`);
    if (at + CPIO_HEADER_SIZE > bytes.length) throw new Error('it is cut short');
    const field = (index: number): number => {
      const digits = bytes.toString('latin1', at + 6 + index * 8, at + 14 + index * 8);
      if (!/^[0-9a-fA-F]{8}$/.test(digits)) throw new Error(`no number at offset ${at + 6 + index * 8}`);
      return parseInt(digits, 16);
    };
    const [inode, mode, uid, gid, links] = [field(0), field(1), field(2), field(3), field(4)];
    const [dataSize, nameSize] = [field(6), field(11)];
    const nameAt = at + CPIO_HEADER_SIZE;
    const dataAt = nameAt + nameSize + (-(CPIO_HEADER_SIZE + nameSize) & 3);
    if (nameSize === 0 || dataAt + dataSize > bytes.length) throw new Error('it is cut short');
    const path = bytes.toString('utf8', nameAt, nameAt + nameSize - 1);
    const link = links > 1 ? `${archive}:${field(7)}:${field(8)}:${inode}` : undefined;
    const rdev = [field(9), field(10)] as const;
    at = dataAt + dataSize + (-dataSize & 3);
    if (path === CPIO_TRAILER) archive++;
    else yield { path, mode, uid, gid, link, rdev, data: bytes.subarray(dataAt, dataAt + dataSize) };
  }
}

function entryOf(raw: RawMember, path: string, linkData: ReadonlyMap<string, Uint8Array>): RootfsEntry {
  const type = TYPE_OF.get(raw.mode & TYPE_BITS);
  if (type === undefined) throw new Error(`${path} is of no known type (mode ${raw.mode.toString(8)})`);
  const owner = { ...(raw.uid === 0 ? {} : { uid: raw.uid }), ...(raw.gid === 0 ? {} : { gid: raw.gid }) };
  const base = { path, mode: raw.mode & 0o7777, ...owner };
  switch (type) {
    case 'file':
      return raw.link === undefined
        ? { type, ...base, data: raw.data }
        : { type, ...base, data: linkData.get(raw.link) ?? raw.data, link: raw.link };
    case 'symlink':
      return { type, path, ...owner, target: Buffer.from(raw.data).toString('utf8') };
    case 'character device':
    case 'block device':
      return { type, ...base, major: raw.rdev[0], minor: raw.rdev[1] };
    case 'directory':
    case 'fifo':
    case 'socket':
      return { type, ...base };
  }
}

/**
 * The entries of a newc cpio archive, plain or compressed with gzip. Paths are made relative; of two members with one path
 * the later counts, as the kernel has it. The bytes of files are views of the archive.
 *
 * @throws UklError UKL3033 when it is no such archive or is damaged, UKL3034 when it is compressed otherwise
 */
export function readCpio(bytes: Uint8Array, place: Place = {}): RootfsEntry[] {
  const plain = unpackedBytes(bytes, place);
  try {
    const members = [...rawMembers(Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength))];
    if (members.length === 0) throw new Error('it has no members');
    const linkData = new Map<string, Uint8Array>();
    for (const { link, data } of members) if (link !== undefined && data.length > 0) linkData.set(link, data);
    const entries = new Map<string, RootfsEntry>();
    for (const raw of members) {
      const path = raw.path.replace(/^(\.?\/+)+/, '').replace(/\/+$/, '');
      // The root folder itself.
      if (path !== '' && path !== '.') entries.set(path, entryOf(raw, path, linkData));
    }
    return [...entries.values()];
  } catch (error) {
    throw new UklError(imageErrors.badCpio((error as Error).message, place), { cause: error });
  }
}
