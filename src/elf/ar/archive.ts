import { UklError, elfErrors, type Place } from '../../errors/index.js';
import { plainBytes, requireRange, type Origin } from '../bytes.js';
import { AR_HEADER_SIZE, ARCHIVE_MAGIC, THIN_MAGIC, readArHeader, type ArHeader } from './header.js';
import { readArchiveIndex, type ArchiveSymbol } from './index-reader.js';
import { decodeName } from './names.js';

/** How the archive writes long names and its symbol index. */
export type ArchiveFormat = 'gnu' | 'bsd';

/** What a special member holds. */
export type SpecialKind = 'index32' | 'index64' | 'bsdIndex32' | 'bsdIndex64' | 'names';

/** A member that is not a file: the symbol index or the table of long names. */
export interface SpecialMember {
  readonly kind: SpecialKind;
  /** Name as decoded: `/`, `/SYM64/`, `//`, `__.SYMDEF` … */
  readonly name: string;
  readonly header: ArHeader;
  readonly headerOffset: number;
  readonly data: Uint8Array;
}

/** A file in an archive. */
export class ArchiveMember {
  readonly archive: Archive;
  readonly name: string;
  readonly header: ArHeader;
  /** Byte offset of the header in the archive: what the symbol index points at. */
  readonly headerOffset: number;
  /** Byte offset and size of the contents (behind a BSD long name). */
  readonly dataOffset: number;
  readonly size: number;
  /** Thin archives: the member lies in this nested archive at this offset (`/name:offset`). */
  readonly nestedOffset: number | undefined;

  constructor(
    archive: Archive,
    name: string,
    header: ArHeader,
    headerOffset: number,
    dataOffset: number,
    nestedOffset: number | undefined,
  ) {
    this.archive = archive;
    this.name = name;
    this.header = header;
    this.headerOffset = headerOffset;
    this.dataOffset = dataOffset;
    this.size = header.size - (dataOffset - headerOffset - AR_HEADER_SIZE);
    this.nestedOffset = nestedOffset;
  }

  /** The archive's file and this member's name, for diagnostics and `readElf`. */
  get origin(): Origin {
    return { ...this.archive.origin, member: this.name };
  }

  /** The contents: a view, not a copy. Throws UKL1033 in a thin archive, whose members are files named relative to it. */
  get data(): Uint8Array {
    if (this.archive.thin) throw new UklError(elfErrors.thinMember(this.origin));
    return this.archive.bytes.subarray(this.dataOffset, this.dataOffset + this.size);
  }
}

/** An ar archive: GNU (System V), BSD or thin. Everything reads from `bytes`. Get one with `readArchive`. */
export class Archive {
  readonly bytes: Uint8Array;
  readonly origin: Origin;
  /** Whether the members are files of their own. */
  readonly thin: boolean;
  readonly format: ArchiveFormat;
  readonly members: readonly ArchiveMember[];
  /** Symbol index and long names, in the order of the file. */
  readonly specials: readonly SpecialMember[];

  constructor(bytes: Uint8Array, origin: Origin) {
    const magic = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(8, bytes.length)).toString('latin1');
    if (magic !== ARCHIVE_MAGIC && magic !== THIN_MAGIC) throw new UklError(elfErrors.notElf(origin));
    this.bytes = plainBytes(bytes);
    this.origin = origin;
    this.thin = magic === THIN_MAGIC;
    const { members, specials } = readMembers(this);
    this.members = members;
    this.specials = specials;
    const bsd = (kind: SpecialKind): boolean => kind === 'bsdIndex32' || kind === 'bsdIndex64';
    const longBsdName = members.some((m) => m.header.rawName.startsWith('#1/'));
    this.format = longBsdName || specials.some((s) => bsd(s.kind)) ? 'bsd' : 'gnu';
  }

  /**
   * The symbol index: each defined global symbol with the member that defines it, in the index' order; undefined when the
   * archive has none. Throws UKL1032 when it does not fit the archive.
   */
  symbolIndex(): ArchiveSymbol[] | undefined {
    return readArchiveIndex(this);
  }
}

/** Reads an archive's headers. Throws UKL1001 when it is none, UKL1005, UKL1030 or UKL1031 when a header is damaged. */
export function readArchive(bytes: Uint8Array, origin: Origin = {}): Archive {
  return new Archive(bytes, origin);
}

function readMembers(archive: Archive): { members: ArchiveMember[]; specials: SpecialMember[] } {
  const { bytes, thin, origin } = archive;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const members: ArchiveMember[] = [];
  const specials: SpecialMember[] = [];
  let longNames: Uint8Array | undefined;
  let offset = ARCHIVE_MAGIC.length;
  while (offset < bytes.length) {
    // Padding after the last member, which some tools write and ar accepts.
    if (offset === bytes.length - 1 && bytes[offset] === 0x0a) break;
    const header = readArHeader(buffer, offset, origin);
    const decoded = decodeName(buffer, header, offset, longNames, origin);
    const kind = specialKind(decoded.name, header.rawName);
    const stored = !thin || kind !== undefined;
    const start = offset + AR_HEADER_SIZE;
    const place: Place = { ...origin, member: decoded.name };
    if (stored) requireRange(bytes.length, start, header.size, 'the archive member', place);
    const dataOffset = start + decoded.lengthInData;
    if (kind === undefined) {
      members.push(
        new ArchiveMember(archive, decoded.name, header, offset, dataOffset, decoded.nestedOffset),
      );
    } else {
      const data = bytes.subarray(dataOffset, start + header.size);
      specials.push({ kind, name: decoded.name, header, headerOffset: offset, data });
      if (kind === 'names') longNames = data;
    }
    offset = start + (stored ? header.size + (header.size % 2) : 0);
  }
  return { members, specials };
}

function specialKind(name: string, rawName: string): SpecialKind | undefined {
  if (rawName === '/') return 'index32';
  if (rawName === '/SYM64/') return 'index64';
  if (rawName === '//') return 'names';
  if (name === '__.SYMDEF' || name === '__.SYMDEF SORTED') return 'bsdIndex32';
  if (name === '__.SYMDEF_64' || name === '__.SYMDEF_64 SORTED') return 'bsdIndex64';
  return undefined;
}
