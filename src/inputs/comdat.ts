import { GRP_COMDAT, SHT, type ElfFile } from '../elf/index.js';

/** Sections of one object that the link leaves out because an earlier object brought the same ones. */
export type Discarded = ReadonlySet<number>;

/**
 * Keeps the first of every COMDAT group (gABI, "Section Groups") and of every `.gnu.linkonce.` section, as ld does. One instance per
 * link; objects are shown to it in link order.
 */
export class ComdatTable {
  readonly #seen = new Set<string>();

  /** The sections of this object that are discarded. */
  add(elf: ElfFile): Discarded {
    const discarded = new Set<number>();
    for (const section of elf.sections) {
      if (section.type === SHT.GROUP) {
        const group = elf.group(section);
        if ((group.flags & GRP_COMDAT) !== 0 && !this.#isFirst(`group ${group.signature}`)) {
          for (const member of group.members) discarded.add(member);
        }
      } else if (section.name.startsWith('.gnu.linkonce.') && !this.#isFirst(section.name)) {
        discarded.add(section.index);
      }
    }
    return discarded;
  }

  #isFirst(key: string): boolean {
    const known = this.#seen.has(key);
    this.#seen.add(key);
    return !known;
  }
}
