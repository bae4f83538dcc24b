import { readFile } from 'node:fs/promises';
import { imageErrors, UklError } from '../errors/index.js';
import { asIoError } from '../host/index.js';
import { readImage } from './read-image.js';

/** What an image says of its program. */
export interface StoredProgram {
  /** The program's ELF file, as it lies in the slot. */
  readonly elf: Uint8Array;
  /** Link-time address of the slot, where address 0 of a program that was linked at 0 comes to lie. */
  readonly slot: bigint;
  /** Key of the kit that the image was made of, if the link said so. */
  readonly kit?: string;
}

/**
 * The program of an image that ukl-link has made.
 *
 * @throws UklError UKL3014, UKL3015, UKL3017 when it has none, UKL6004
 */
export async function readProgram(file: string): Promise<StoredProgram> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw asIoError(error, file, 'read');
  });
  const { ukl } = await readImage(bytes, { file });
  if (ukl?.program === undefined) throw new UklError(imageErrors.noProgram({ file }));
  return { elf: ukl.program.elf, slot: ukl.slot.vaddr, ...(ukl.kit === undefined ? {} : { kit: ukl.kit }) };
}
