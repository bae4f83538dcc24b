import { open } from 'node:fs/promises';
import { UklError, runErrors } from '../errors/index.js';

/** Offsets in the first sectors of a bzImage (Documentation/x86/boot.rst, "The real-mode kernel header"). */
const setupSectsAt = 0x1f1;
const syssizeAt = 0x1f4;
const bootFlagAt = 0x1fe;
const headerMagicAt = 0x202;
const headerEnd = 0x268;

function whyNot(header: Buffer, size: number): string | undefined {
  if (header.length >= 4 && header.readUInt32BE(0) === 0x7f454c46) return undefined;
  if (header.length < headerEnd) return `it has only ${size} bytes`;
  if (
    header.readUInt16LE(bootFlagAt) !== 0xaa55 ||
    header.toString('latin1', headerMagicAt, 0x206) !== 'HdrS'
  )
    return 'it has neither the header of a bzImage nor that of an ELF file';
  // 0 means 4, for a history's sake; the boot sector comes on top. syssize counts paragraphs of 16 bytes, rounded up.
  const setupBytes = ((header.readUInt8(setupSectsAt) || 4) + 1) * 512;
  const needed = setupBytes + header.readUInt32LE(syssizeAt) * 16 - 15;
  if (size < needed) return `it is cut off: ${size} bytes of at least ${needed}`;
  return undefined;
}

/**
 * Looks at an image before QEMU does, which says nothing useful of a bad one or lets the machine hang.
 *
 * @throws UklError UKL5002, UKL5003
 */
export async function checkBootable(file: string): Promise<void> {
  const header = Buffer.alloc(headerEnd);
  let length: number;
  let size: number;
  try {
    const handle = await open(file);
    try {
      size = (await handle.stat()).size;
      ({ bytesRead: length } = await handle.read(header, 0, headerEnd, 0));
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new UklError(
      runErrors.imageUnreadable(file, (error as NodeJS.ErrnoException).code ?? String(error)),
      {
        cause: error,
      },
    );
  }
  const why = whyNot(header.subarray(0, length), size);
  if (why !== undefined) throw new UklError(runErrors.notBootable({ file }, why));
}
