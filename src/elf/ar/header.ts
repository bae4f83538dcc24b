import { UklError, elfErrors, type Place } from '../../errors/index.js';
import { requireRange } from '../bytes.js';

/** `struct ar_hdr` of <ar.h>: fields of text, padded with spaces. */
export const AR_HEADER_SIZE = 60;
export const ARCHIVE_MAGIC = '!<arch>\n';
export const THIN_MAGIC = '!<thin>\n';

/** Where the fields stand: [start, end) in bytes from the header. */
const NAME = [0, 16] as const;
const DATE = [16, 28] as const;
const UID = [28, 34] as const;
const GID = [34, 40] as const;
const MODE = [40, 48] as const;
const SIZE = [48, 58] as const;

/** One header as it stands. A number field that is blank gives 0, as ar reads it. */
export interface ArHeader {
  /** The name field without its padding, still in the archive's encoding (`foo.o/`, `/123`, `#1/20`, `/`, `//`). */
  readonly rawName: string;
  /** Modification time, seconds since 1970. */
  readonly date: number;
  readonly uid: number;
  readonly gid: number;
  /** File mode, as st_mode. */
  readonly mode: number;
  /** Bytes behind the header, without the padding to an even offset. */
  readonly size: number;
}

/** Reads the header at a byte offset. Throws UKL1005 when it is cut short, UKL1030 when it is not a header. */
export function readArHeader(archive: Buffer, offset: number, place: Place): ArHeader {
  requireRange(archive.length, offset, AR_HEADER_SIZE, 'the ar header', place);
  if (archive[offset + 58] !== 0x60 || archive[offset + 59] !== 0x0a) {
    throw new UklError(elfErrors.badArchiveHeader(place, offset, 'it does not end in "`\\n"'));
  }
  const field = ([start, end]: readonly [number, number], radix: number, what: string): number => {
    const number = parseDigits(archive, offset + start, offset + end, radix);
    if (number !== undefined) return number;
    const digits = JSON.stringify(archive.toString('latin1', offset + start, offset + end).trimEnd());
    throw new UklError(elfErrors.badArchiveHeader(place, offset, `${what} is ${digits}, not a number`));
  };
  return {
    rawName: archive.toString('latin1', offset + NAME[0], offset + NAME[1]).trimEnd(),
    date: field(DATE, 10, 'the date'),
    uid: field(UID, 10, 'the owner'),
    gid: field(GID, 10, 'the group'),
    mode: field(MODE, 8, 'the mode'),
    size: field(SIZE, 10, 'the size'),
  };
}

/** The number in a field: digits, then spaces to its end. Undefined when there is anything else, 0 when it is blank. */
function parseDigits(bytes: Buffer, start: number, end: number, radix: number): number | undefined {
  let value = 0;
  let at = start;
  for (; at < end && bytes[at] !== 0x20; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit >= radix) return undefined;
    value = value * radix + digit;
  }
  for (; at < end; at++) if (bytes[at] !== 0x20) return undefined;
  return value;
}

/** The 60 bytes of a header. `rawName` and all numbers must fit their fields; the caller has checked the size. */
export function formatArHeader(header: ArHeader): string {
  const pad = (value: string, [start, end]: readonly [number, number]): string => value.padEnd(end - start);
  return (
    pad(header.rawName, NAME) +
    pad(String(header.date), DATE) +
    pad(String(header.uid), UID) +
    pad(String(header.gid), GID) +
    pad(header.mode.toString(8), MODE) +
    pad(String(header.size), SIZE) +
    '`\n'
  );
}
