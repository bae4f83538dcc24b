import { UklError, elfErrors, type Place } from '../../errors/index.js';
import { u64AsNumber, viewOf } from '../bytes.js';
import { StringTable } from '../string-table.js';
import type { Archive, ArchiveMember, SpecialMember } from './archive.js';

/** One entry of an archive's symbol index. */
export interface ArchiveSymbol {
  readonly name: string;
  readonly member: ArchiveMember;
}

/** The index of an archive, decoded; see `Archive.symbolIndex`. */
export function readArchiveIndex(archive: Archive): ArchiveSymbol[] | undefined {
  const special = archive.specials.find((s) => s.kind !== 'names');
  if (special === undefined) return undefined;
  const members = new Map(archive.members.map((m) => [m.headerOffset, m]));
  const place: Place = { ...archive.origin, member: special.name };
  const resolve = (name: string, offset: number): ArchiveSymbol => {
    const member = members.get(offset);
    if (member === undefined) {
      throw new UklError(elfErrors.badArchiveIndex(place, `${name} is at ${offset}, where no member is`));
    }
    return { name, member };
  };
  switch (special.kind) {
    case 'index32':
      return readGnuIndex(special, 4, place, resolve);
    case 'index64':
      return readGnuIndex(special, 8, place, resolve);
    case 'bsdIndex32':
      return readBsdIndex(special, 4, place, resolve);
    case 'bsdIndex64':
      return readBsdIndex(special, 8, place, resolve);
    case 'names':
      return undefined;
  }
}

type Resolve = (name: string, offset: number) => ArchiveSymbol;

/** GNU: a count, that many member offsets (all big-endian, `word` bytes), then the names one after the other. */
function readGnuIndex(special: SpecialMember, word: 4 | 8, place: Place, resolve: Resolve): ArchiveSymbol[] {
  const view = viewOf(special.data);
  const read = (at: number): number =>
    word === 4 ? view.getUint32(at) : view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
  const count = view.byteLength < word ? 0 : read(0);
  const namesAt = word * (count + 1);
  if (namesAt > view.byteLength) throw tooShort(place, count, view.byteLength);
  const names = new StringTable(special.data, { place });
  const symbols: ArchiveSymbol[] = [];
  let at = namesAt;
  for (let i = 0; i < count; i++) {
    const end = names.endOf(at);
    symbols.push(resolve(names.at(at), read(word * (i + 1))));
    at = end + 1;
  }
  return symbols;
}

/** BSD: size of the table of (string offset, member offset) pairs, the pairs, size of the strings, the strings; little-endian. */
function readBsdIndex(special: SpecialMember, word: 4 | 8, place: Place, resolve: Resolve): ArchiveSymbol[] {
  const view = viewOf(special.data);
  const read = (at: number): number => (word === 4 ? view.getUint32(at, true) : u64AsNumber(view, at));
  const tableSize = view.byteLength < word ? 0 : read(0);
  const stringsAt = word + tableSize + word;
  if (stringsAt > view.byteLength) throw tooShort(place, tableSize / (2 * word), view.byteLength);
  const stringsSize = read(word + tableSize);
  if (stringsAt + stringsSize > view.byteLength)
    throw tooShort(place, tableSize / (2 * word), view.byteLength);
  const names = new StringTable(special.data.subarray(stringsAt, stringsAt + stringsSize), { place });
  const symbols: ArchiveSymbol[] = [];
  for (let at = word; at + 2 * word <= word + tableSize; at += 2 * word) {
    symbols.push(resolve(names.at(read(at)), read(at + word)));
  }
  return symbols;
}

function tooShort(place: Place, count: number, size: number): UklError {
  return new UklError(
    elfErrors.badArchiveIndex(place, `${Math.floor(count)} entries do not fit its ${size} bytes`),
  );
}
