import { ARCHIVE_MAGIC, THIN_MAGIC } from './ar/header.js';

/** What a file is by its first bytes. */
export type FileKind = 'elf' | 'archive' | 'thin-archive' | 'bitcode' | 'other';

/** Of LLVM's intermediate code: what clang -flto makes in place of objects. */
export const BITCODE_MAGIC = 'BC\xc0\xde';

/** Tells ELF files, archives and LLVM's intermediate code from everything else by their magic; looks at no more than 8 bytes. */
export function identify(bytes: Uint8Array): FileKind {
  const magic = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(8, bytes.length)).toString('latin1');
  if (magic.startsWith('\x7fELF')) return 'elf';
  if (magic === ARCHIVE_MAGIC) return 'archive';
  if (magic === THIN_MAGIC) return 'thin-archive';
  if (magic.startsWith(BITCODE_MAGIC)) return 'bitcode';
  return 'other';
}
