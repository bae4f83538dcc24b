import { setU64, viewOf } from '../bytes.js';
import { ELF_HEADER_SIZE, EM, ET, SECTION_HEADER_SIZE, SHT } from '../constants.js';
import { readElf, type ElfFile } from '../elf-file.js';

/** An x86-64 object (ET_REL) with nothing in it but its section names: what to start an ElfEdit from to make a new object. */
export function emptyObject(): ElfFile {
  const names = Buffer.from('\0.shstrtab\0');
  const headers = ELF_HEADER_SIZE + 16;
  const bytes = new Uint8Array(headers + 2 * SECTION_HEADER_SIZE);
  const view = viewOf(bytes);
  // e_ident: \x7fELF, ELFCLASS64, ELFDATA2LSB, EV_CURRENT.
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, ET.REL, true);
  view.setUint16(18, EM.X86_64, true);
  view.setUint32(20, 1, true);
  setU64(view, 40, headers);
  view.setUint16(52, ELF_HEADER_SIZE, true);
  view.setUint16(58, SECTION_HEADER_SIZE, true);
  view.setUint16(60, 2, true);
  view.setUint16(62, 1, true);
  bytes.set(names, ELF_HEADER_SIZE);
  const header = headers + SECTION_HEADER_SIZE;
  view.setUint32(header, 1, true);
  view.setUint32(header + 4, SHT.STRTAB, true);
  setU64(view, header + 24, ELF_HEADER_SIZE);
  setU64(view, header + 32, names.length);
  setU64(view, header + 48, 1);
  return readElf(bytes);
}
