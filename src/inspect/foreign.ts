import { BITCODE_MAGIC } from '../elf/index.js';

/** First bytes of files that people mistake for something ukl-link takes, and what they are. */
const MAGICS: readonly (readonly [magic: string, what: string])[] = [
  ['070701', 'a cpio archive (newc): give it with --rootfs'],
  ['070702', 'a cpio archive (newc with checksums): give it with --rootfs'],
  ['070707', 'a cpio archive of the old format'],
  [BITCODE_MAGIC, 'LLVM bitcode (clang -flto)'],
  ['MZ', 'a PE file (Windows or EFI program)'],
  ['\xfe\xed\xfa', 'a Mach-O file'],
  ['\xcf\xfa\xed\xfe', 'a Mach-O file'],
  ['\x28\xb5\x2f\xfd', 'compressed with zstd'],
  ['\xfd7zXZ', 'compressed with xz'],
  ['\x02!L\x18', 'compressed with lz4'],
  ['\x04"M\x18', 'compressed with lz4'],
  ['BZh', 'compressed with bzip2'],
  ['PK\x03\x04', 'a zip file'],
  ['#!', 'a script'],
];

/** How far a file is looked at to tell text from data. */
const LOOKED_AT = 4096;

/** What a file is that ukl-link can say nothing more about, in words. */
export function describeForeign(bytes: Buffer): string {
  if (bytes.length === 0) return 'empty';
  const head = bytes.toString('latin1', 0, 8);
  const known = MAGICS.find(([magic]) => head.startsWith(magic));
  if (known !== undefined) return known[1];
  if (bytes.toString('latin1', 257, 262) === 'ustar')
    return 'a tar archive: pack a kit with ukl-link kernel pack';
  const start = bytes.subarray(0, LOOKED_AT);
  // Control characters that are no white space do not stand in a text.
  const isText = !start.some((byte) => byte < 9 || (byte > 13 && byte < 27) || byte === 127);
  if (!isText) return 'data of no known kind';
  return /\b(?:GROUP|INPUT)\s*\(/.test(start.toString('latin1')) ? 'a linker script' : 'text';
}
