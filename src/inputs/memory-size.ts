import type { LinkedObject } from './resolve.js';

/**
 * Bytes of memory that the objects' sections take at least, known before they are linked: ld reports a program of gigabytes as relocations
 * out of reach.
 */
export function memorySize(objects: readonly LinkedObject[]): number {
  let size = 0;
  for (const { elf, discarded } of objects) {
    for (const section of elf.sections) {
      if (section.isAllocated && !discarded.has(section.index)) size += section.size;
    }
  }
  return size;
}
