import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { ELF_HEADER_SIZE, SECTION_HEADER_SIZE, SHN, SHT } from '../elf/constants.js';
import { alignUp, setU64, u64AsNumber, viewOf } from '../elf/bytes.js';

/** Byte offsets in the ELF header. */
const E_SHOFF = 0x28;
const E_SHNUM = 0x3c;
const E_SHSTRNDX = 0x3e;
/** Byte offsets in a section header. */
const SH_TYPE = 4;
const SH_OFFSET = 24;
const SH_SIZE = 32;
const SH_ALIGN = 48;

/**
 * Adds a section that is not loaded to an ELF file that is open for reading and writing, in place: content, names and section headers go behind
 * its last byte, then the ELF header is written to point there. Whatever stops this before, the file is as it was, but for its length. Nothing else in
 * it changes. False for a file without section headers, with more than 65,279, or that has such a section.
 */
export function appendSection(fd: number, size: number, name: string, content: Uint8Array): boolean {
  const header = readAt(fd, 0, ELF_HEADER_SIZE);
  const headerView = viewOf(header);
  const count = headerView.getUint16(E_SHNUM, true);
  const namesIndex = headerView.getUint16(E_SHSTRNDX, true);
  if (count === 0 || count + 1 >= SHN.LORESERVE || namesIndex === 0 || namesIndex >= count) return false;

  const table = new Uint8Array((count + 1) * SECTION_HEADER_SIZE);
  table.set(readAt(fd, u64AsNumber(headerView, E_SHOFF), count * SECTION_HEADER_SIZE));
  const view = viewOf(table);
  const namesAt = namesIndex * SECTION_HEADER_SIZE;
  const oldNames = readAt(fd, u64AsNumber(view, namesAt + SH_OFFSET), u64AsNumber(view, namesAt + SH_SIZE));
  if (oldNames.includes(`\0${name}\0`)) return false;
  const names = Buffer.concat([oldNames, Buffer.from(`${name}\0`)]);

  const contentOffset = alignUp(size, 8);
  const namesOffset = contentOffset + content.length;
  const tableOffset = alignUp(namesOffset + names.length, 8);
  setU64(view, namesAt + SH_OFFSET, namesOffset);
  setU64(view, namesAt + SH_SIZE, names.length);
  const at = count * SECTION_HEADER_SIZE;
  view.setUint32(at, oldNames.length, true);
  view.setUint32(at + SH_TYPE, SHT.PROGBITS, true);
  setU64(view, at + SH_OFFSET, contentOffset);
  setU64(view, at + SH_SIZE, content.length);
  setU64(view, at + SH_ALIGN, 1);

  try {
    writeAt(fd, contentOffset, content);
    writeAt(fd, namesOffset, names);
    writeAt(fd, tableOffset, table);
  } catch (error) {
    ftruncateSync(fd, size);
    throw error;
  }
  setU64(headerView, E_SHOFF, tableOffset);
  headerView.setUint16(E_SHNUM, count + 1, true);
  writeAt(fd, 0, header);
  return true;
}

/** Throws a RangeError when the file ends before. */
function readAt(fd: number, offset: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let done = 0; done < size;) {
    const got = readSync(fd, bytes, done, size - done, offset + done);
    if (got === 0) throw new RangeError(`the file ends before byte ${offset + size}`);
    done += got;
  }
  return bytes;
}

function writeAt(fd: number, offset: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
  }
}
