import { UklError, elfErrors } from '../../errors/index.js';
import type { Origin } from '../bytes.js';
import { encodeBsdIndex, encodeGnuIndex, type IndexEntry } from './index-writer.js';
import { AR_HEADER_SIZE, ARCHIVE_MAGIC, THIN_MAGIC, formatArHeader, type ArHeader } from './header.js';
import type { ArchiveFormat, ArchiveMember } from './archive.js';

/** A member to write. Numbers default to what `ar` writes in its deterministic mode: date, uid and gid 0, mode 0644. */
export interface NewMember {
  readonly name: string;
  /** The contents; in a thin archive only their size counts. */
  readonly data: Uint8Array;
  readonly date?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mode?: number;
  /** Names for the symbol index, in order: see `indexedSymbols`. */
  readonly symbols?: readonly string[];
}

/** A member as it was read, with other contents and the names for its part of the symbol index. */
export function rewrittenMember(
  member: ArchiveMember,
  data: Uint8Array,
  symbols: readonly string[] = [],
): NewMember {
  const { date, uid, gid, mode } = member.header;
  return { name: member.name, data, date, uid, gid, mode, symbols };
}

export interface ArchiveOptions {
  /** Default `gnu`. */
  readonly format?: ArchiveFormat;
  /** Write names only (GNU). */
  readonly thin?: boolean;
  /** Whether to write the symbol index that ld asks for. Default true. */
  readonly index?: boolean;
  /** Date of the index member, seconds since 1970. Default 0. */
  readonly indexDate?: number;
  /** For diagnostics. */
  readonly origin?: Origin;
}

/** Largest member: ten decimal digits. */
const MAX_MEMBER_SIZE = 9_999_999_999;

/**
 * Writes an ar archive as GNU ar (or, with `format: 'bsd'`, 4.4BSD ar) does: symbol index, long names, members. A GNU index turns into
 * its 64-bit form when a member lies beyond 4 GiB. Throws UKL1034 for members or names that the format cannot hold.
 */
export function writeArchive(members: readonly NewMember[], options: ArchiveOptions = {}): Uint8Array {
  const { format = 'gnu', thin = false, origin = {} } = options;
  if (thin && format === 'bsd') throw unwritable(origin, 'BSD ar has no thin archives');
  for (const { name, data } of members) {
    if (name === '' || /[\n\0]/.test(name)) {
      throw unwritable({ ...origin, member: name }, 'a member name must not be empty or hold line ends');
    }
    if (data.length > MAX_MEMBER_SIZE)
      throw unwritable({ ...origin, member: name }, 'the member is too large');
  }
  return format === 'gnu' ? writeGnu(members, thin, options) : writeBsd(members, options);
}

function writeGnu(members: readonly NewMember[], thin: boolean, options: ArchiveOptions): Uint8Array {
  const { names, fields } = gnuNames(members, thin);
  const namesSize = names.length === 0 ? 0 : AR_HEADER_SIZE + even(names.length);
  const stored = (m: NewMember): number => AR_HEADER_SIZE + (thin ? 0 : even(m.data.length));
  const start = ARCHIVE_MAGIC.length + namesSize;
  const offsets = offsetsFrom(members, start, stored);
  const index =
    options.index === false ? undefined : encodeGnuIndex(entriesOf(members, offsets.starts), offsets.end);
  const writer = new ArchiveWriter(
    offsets.end + (index === undefined ? 0 : AR_HEADER_SIZE + index.data.length),
  );
  writer.text(thin ? THIN_MAGIC : ARCHIVE_MAGIC);
  if (index !== undefined) {
    writer.member(
      special(index.wide ? '/SYM64/' : '/', index.data.length, options.indexDate ?? 0),
      index.data,
    );
  }
  if (names.length > 0) {
    // The header of the name table has no other field than its size.
    writer.text(`${'//'.padEnd(48)}${String(even(names.length)).padEnd(10)}\`\n`);
    writer.data(names);
  }
  members.forEach((member, i) => {
    writer.text(formatArHeader(headerOf(member, fields[i] ?? '', member.data.length)));
    if (!thin) writer.data(member.data);
  });
  return writer.bytes;
}

function writeBsd(members: readonly NewMember[], options: ArchiveOptions): Uint8Array {
  const named = members.map((member) => {
    const name = Buffer.from(member.name, 'utf8');
    const short = name.length <= 15 && !/[ /]/.test(member.name) && !member.name.startsWith('#1/');
    return { member, name: short ? undefined : name };
  });
  const sizeOf = (i: number): number => (named[i]?.name?.length ?? 0) + (members[i]?.data.length ?? 0);
  const stored = (_: NewMember, i: number): number => AR_HEADER_SIZE + even(sizeOf(i));
  const offsets = offsetsFrom(members, ARCHIVE_MAGIC.length, stored);
  const indexName = '__.SYMDEF';
  const index =
    options.index === false ? undefined : encodeBsdIndex(entriesOf(members, offsets.starts), offsets.end);
  if (index === 'too large') throw unwritable(options.origin ?? {}, 'a BSD index reaches 4 GiB only');
  const writer = new ArchiveWriter(offsets.end + (index === undefined ? 0 : AR_HEADER_SIZE + index.length));
  writer.text(ARCHIVE_MAGIC);
  if (index !== undefined) writer.member(special(indexName, index.length, options.indexDate ?? 0), index);
  named.forEach(({ member, name }, i) => {
    const field = name === undefined ? member.name : `#1/${name.length}`;
    writer.text(formatArHeader(headerOf(member, field, sizeOf(i))));
    if (name !== undefined) writer.raw(name);
    writer.data(member.data, sizeOf(i));
  });
  return writer.bytes;
}

/** The table of names that do not fit 15 bytes and "/", and each member's name field. Thin archives put all names there. */
function gnuNames(members: readonly NewMember[], thin: boolean): { names: Uint8Array; fields: string[] } {
  const parts: Buffer[] = [];
  let size = 0;
  const fields = members.map(({ name }) => {
    const bytes = Buffer.from(name, 'utf8');
    if (!thin && bytes.length <= 15 && !name.includes('/')) return `${bytes.toString('latin1')}/`;
    const field = `/${size}`;
    parts.push(bytes, Buffer.from('/\n'));
    size += bytes.length + 2;
    return field;
  });
  if (size % 2 === 1) parts.push(Buffer.from('\n'));
  return { names: Buffer.concat(parts), fields };
}

function offsetsFrom(
  members: readonly NewMember[],
  start: number,
  stored: (member: NewMember, index: number) => number,
): { starts: number[]; end: number } {
  let end = start;
  const starts = members.map((member, i) => {
    const at = end;
    end += stored(member, i);
    return at;
  });
  return { starts, end };
}

function entriesOf(members: readonly NewMember[], starts: readonly number[]): IndexEntry[] {
  return members.flatMap((m, i) => (m.symbols ?? []).map((name) => ({ name, offset: starts[i] ?? 0 })));
}

const even = (size: number): number => size + (size % 2);

function special(rawName: string, size: number, date: number): ArHeader {
  return { rawName, date, uid: 0, gid: 0, mode: 0, size };
}

function headerOf(member: NewMember, rawName: string, size: number): ArHeader {
  const { date = 0, uid = 0, gid = 0, mode = 0o644 } = member;
  return { rawName, date, uid, gid, mode, size };
}

function unwritable(origin: Origin, why: string): UklError {
  return new UklError(elfErrors.archiveUnwritable(origin, why));
}

/** Fills an archive of known size. */
class ArchiveWriter {
  readonly bytes: Uint8Array;
  readonly #buffer: Buffer;
  #at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#buffer = Buffer.from(this.bytes.buffer);
  }

  text(text: string): void {
    this.#at += this.#buffer.write(text, this.#at, 'latin1');
  }

  raw(data: Uint8Array): void {
    this.bytes.set(data, this.#at);
    this.#at += data.length;
  }

  /** Data and, when the member's size is odd, the byte that makes it even. */
  data(data: Uint8Array, memberSize = data.length): void {
    this.raw(data);
    if (memberSize % 2 === 1) this.text('\n');
  }

  member(header: ArHeader, data: Uint8Array): void {
    this.text(formatArHeader(header));
    this.data(data);
  }
}
