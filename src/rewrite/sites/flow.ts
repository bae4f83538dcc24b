import type { ElfFile, SectionOffset } from '../../elf/index.js';
import { ReachedCode } from '../../x86/index.js';
import type { CodeSection } from './code-section.js';
import { relocatedTarget } from './references.js';

/** Follows control flow through the executable sections of an object, from one into another where a relocated branch leads there. */
export class ObjectFlow {
  readonly #elf: ElfFile;
  readonly #code: ReadonlyMap<number, CodeSection>;
  readonly #entries = new Map<number, Set<number>>();
  readonly #reached = new Map<number, ReachedCode>();
  /** Sections with entries from which flow has not been followed yet. */
  readonly #open = new Set<number>();

  constructor(elf: ElfFile, code: ReadonlyMap<number, CodeSection>) {
    this.#elf = elf;
    this.#code = code;
    for (const section of code.keys()) this.#entries.set(section, new Set());
  }

  /** Notes a place where code is entered; not in code, it is nothing to follow. */
  enter({ section, offset }: SectionOffset): void {
    const entries = this.#entries.get(section);
    if (entries === undefined || entries.has(offset)) return;
    entries.add(offset);
    if (this.#reached.get(section)?.begins(offset) !== true) this.#open.add(section);
  }

  /** Follows flow from all entries noted. */
  follow(): void {
    // Sections that are entered meanwhile join the set, and are visited as well.
    for (const section of this.#open) {
      this.#open.delete(section);
      this.#reached.set(section, this.#followSection(section));
    }
  }

  get hasIndirectJumps(): boolean {
    return [...this.#reached.values()].some(({ indirectJumps }) => indirectJumps.length > 0);
  }

  /** What is reached of a section. */
  reached(section: number): ReachedCode {
    return this.#reached.get(section) ?? this.#followSection(section);
  }

  #followSection(index: number): ReachedCode {
    const code = this.#code.get(index);
    if (code === undefined) throw new RangeError(`section ${index} is not code`);
    const starts = new Set(code.functions.map(({ start }) => start));
    return new ReachedCode(code.section.contents, this.#entries.get(index) ?? [], {
      target: (encoded, end) => {
        const relocated = relocatedTarget(this.#elf, code, end);
        if (relocated === undefined) return encoded;
        const { place } = relocated;
        if (place?.section === index) return place.offset;
        if (place !== undefined) this.enter(place);
        return undefined;
      },
      // A call of something that is no function is a way to learn an address, with data behind the call.
      returns: (target) => target === undefined || starts.has(target),
    });
  }
}
