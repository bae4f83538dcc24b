import type { ElfFile } from '../elf/index.js';
import { factsOf, type ObjectFacts } from './facts.js';

/**
 * An object: a file of its own or a member of an archive (`elf.origin` says which). Opened only when its facts are not known, or do not
 * suffice.
 */
export class InputObject {
  readonly #open: () => ElfFile;
  #elf: ElfFile | undefined;
  #facts: ObjectFacts | undefined;

  constructor(open: () => ElfFile, facts?: ObjectFacts) {
    this.#open = open;
    this.#facts = facts;
  }

  /** Throws what `readLinkable` throws. */
  get elf(): ElfFile {
    return (this.#elf ??= this.#open());
  }

  get facts(): ObjectFacts {
    return (this.#facts ??= factsOf(this.elf));
  }
}
