import { UklError, elfErrors, type Place } from '../../errors/index.js';
import { AR_HEADER_SIZE, type ArHeader } from './header.js';

/** Longest name taken, in bytes: PATH_MAX. Bounds what a damaged archive of many members can make us hold. */
const LONGEST_NAME = 4096;

/** A member's name as the archive's conventions give it. */
export interface DecodedName {
  readonly name: string;
  /** BSD: bytes of the contents that the name takes. */
  readonly lengthInData: number;
  /** Thin: offset within a nested archive. */
  readonly nestedOffset: number | undefined;
}

const plain = (name: string): DecodedName => ({ name, lengthInData: 0, nestedOffset: undefined });

/**
 * The name of the member whose header is at `offset`: `name/` (GNU), `/123` into the table of long names (GNU, and
 * `/123:456` in thin archives), `#1/20` in front of the contents (BSD), or the field itself. Throws UKL1031.
 */
export function decodeName(
  archive: Buffer,
  header: ArHeader,
  offset: number,
  longNames: Uint8Array | undefined,
  place: Place,
): DecodedName {
  const raw = header.rawName;
  if (raw === '/' || raw === '//' || raw === '/SYM64/') return plain(raw);
  // The common case first: a short name of GNU ar.
  if (raw.endsWith('/') && !raw.startsWith('/') && !raw.startsWith('#')) return plain(utf8(raw.slice(0, -1)));
  const bsd = /^#1\/([0-9]+)$/.exec(raw);
  if (bsd !== null) return bsdName(archive, header, offset, Number(bsd[1]), place);
  // For a name of 15 bytes in a thin archive GNU ar leaves the name's "/" at the end of the field.
  const gnu = /^\/([0-9]+)(?::([0-9]+))?(?: +\/)?$/.exec(raw);
  if (gnu !== null) {
    const nestedOffset = gnu[2] === undefined ? undefined : Number(gnu[2]);
    return { name: longName(longNames, Number(gnu[1]), offset, place), lengthInData: 0, nestedOffset };
  }
  return plain(utf8(raw.endsWith('/') ? raw.slice(0, -1) : raw));
}

/** A name field holds bytes; those beyond ASCII are UTF-8 nearly always. */
function utf8(latin1: string): string {
  return /^[\x20-\x7e]*$/.test(latin1) ? latin1 : Buffer.from(latin1, 'latin1').toString('utf8');
}

function bsdName(
  archive: Buffer,
  header: ArHeader,
  offset: number,
  length: number,
  place: Place,
): DecodedName {
  const start = offset + AR_HEADER_SIZE;
  if (length > header.size || start + length > archive.length) {
    throw new UklError(
      elfErrors.badArchiveName(place, offset, `its ${length} bytes do not fit the member of ${header.size}`),
    );
  }
  const field = archive.subarray(start, start + length);
  const end = field.indexOf(0);
  if (length > LONGEST_NAME) throw tooLong(offset, length, place);
  return {
    name: field.toString('utf8', 0, end < 0 ? length : end),
    lengthInData: length,
    nestedOffset: undefined,
  };
}

/** GNU ends a long name with "/\n"; the System V variant with NUL. A thin archive's names hold slashes. */
function longName(
  longNames: Uint8Array | undefined,
  nameOffset: number,
  offset: number,
  place: Place,
): string {
  if (longNames === undefined || nameOffset >= longNames.length) {
    const why = longNames === undefined ? 'there is no table of long names' : 'it lies beyond the table';
    throw new UklError(elfErrors.badArchiveName(place, offset, `long name ${nameOffset}: ${why}`));
  }
  let end = nameOffset;
  const limit = Math.min(longNames.length, nameOffset + LONGEST_NAME + 2);
  while (end < limit && longNames[end] !== 0x0a && longNames[end] !== 0) end++;
  if (longNames[end - 1] === 0x2f && end > nameOffset) end--;
  if (end - nameOffset > LONGEST_NAME) throw tooLong(offset, end - nameOffset, place);
  return Buffer.from(longNames.buffer, longNames.byteOffset + nameOffset, end - nameOffset).toString('utf8');
}

function tooLong(offset: number, length: number, place: Place): UklError {
  const why = `${length} bytes are more than a path can have (${LONGEST_NAME})`;
  return new UklError(elfErrors.badArchiveName(place, offset, why));
}
