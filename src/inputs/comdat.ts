import { readGroups, type ElfFile } from '../elf/index.js';

/** Sections of one object that the link leaves out because an earlier object brought the same ones. */
export type Discarded = ReadonlySet<number>;

const NONE: Discarded = new Set();
const LINKONCE = '.gnu.linkonce.';

/**
 * Keeps the first of every COMDAT group (gABI, "Section Groups") and of every `.gnu.linkonce.` section, as ld does. One instance per
 * link; objects are shown to it in link order.
 */
export class ComdatTable {
  readonly #seen = new Set<string>();

  /** The sections of this object that are discarded. */
  add(elf: ElfFile): Discarded {
    const discarded: number[] = [];
    for (const { isComdat, signature, members } of readGroups(elf)) {
      if (isComdat && !this.#isFirst(`group ${signature}`)) discarded.push(...members);
    }
    for (const section of elf.sections) {
      const { name } = section;
      if (name.startsWith(LINKONCE) && !this.#isFirst(name)) discarded.push(section.index);
    }
    return discarded.length === 0 ? NONE : new Set(discarded);
  }

  #isFirst(key: string): boolean {
    const known = this.#seen.has(key);
    this.#seen.add(key);
    return !known;
  }
}
