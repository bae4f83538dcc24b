import { ARCHIVE_MAGIC, THIN_MAGIC } from './ar/header.js';

/** What a file is by its first bytes. */
export type FileKind = 'elf' | 'archive' | 'thin-archive' | 'other';

/** Tells ELF files and archives from everything else by their magic; looks at no more than 8 bytes. */
export function identify(bytes: Uint8Array): FileKind {
  const magic = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(8, bytes.length)).toString('latin1');
  if (magic.startsWith('\x7fELF')) return 'elf';
  if (magic === ARCHIVE_MAGIC) return 'archive';
  if (magic === THIN_MAGIC) return 'thin-archive';
  return 'other';
}
