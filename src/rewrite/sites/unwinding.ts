import { UklError } from '../../errors/index.js';
import {
  readCallSites,
  readEhFrame,
  type CallSite,
  type EhFrame,
  type ElfFile,
  type Fde,
} from '../../elf/index.js';

/** An FDE, and the .eh_frame section it stands in. */
export interface FoundFde {
  readonly frame: EhFrame;
  readonly fde: Fde;
}

/** Personality functions whose data has the common form: C, C++, Objective-C, Ada, D, Go and Rust. */
const KNOWN_PERSONALITY = /^(DW\.ref\.)?(__\w+_personality_v0|rust_eh_personality)$/;

/** What an object's unwind tables say of its code. */
export class Unwinding {
  /** Undefined when the tables are not understood. */
  readonly #fdes: readonly FoundFde[] | undefined;
  readonly #callSites = new Map<Fde, readonly CallSite[] | undefined>();
  readonly #elf: ElfFile;

  constructor(elf: ElfFile) {
    this.#elf = elf;
    this.#fdes = understood(() =>
      elf.sections
        .filter(({ name, inFile }) => name === '.eh_frame' && inFile)
        .map((section) => readEhFrame(elf, section))
        .flatMap((frame) => frame.fdes.map((fde) => ({ frame, fde }))),
    );
  }

  /** Whether the tables can be read at all. */
  get isUnderstood(): boolean {
    return this.#fdes !== undefined;
  }

  get fdes(): readonly FoundFde[] {
    return this.#fdes ?? [];
  }

  /** The FDEs that describe any byte of a section from `start` up to `end`. */
  fdesOf(section: number, start: number, end: number): readonly FoundFde[] {
    return this.fdes.filter(
      ({ fde: { begin, size } }) =>
        begin.section === section && begin.offset < end && start < begin.offset + size,
    );
  }

  /** Where exceptions land that are thrown in an FDE's code; undefined when its data is not understood. */
  callSites(fde: Fde): readonly CallSite[] | undefined {
    const { lsda, cie, begin } = fde;
    if (lsda === undefined) return [];
    if (!this.#callSites.has(fde)) {
      const isKnown = KNOWN_PERSONALITY.test(cie.personality ?? '');
      this.#callSites.set(fde, isKnown ? understood(() => readCallSites(this.#elf, lsda, begin)) : undefined);
    }
    return this.#callSites.get(fde);
  }
}

/** What reading gives; undefined when the table is of a kind, or damaged in a way, that only its user can be asked about. */
function understood<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UklError) return undefined;
    throw error;
  }
}
