import { UklError, linkErrors, type Place } from '../errors/index.js';
import {
  R_X86_64,
  RELA_SIZE,
  SHF,
  SHT,
  relocationTypeName,
  type ElfFile,
  type Section,
  type SymbolTable,
} from '../elf/index.js';

/**
 * The words of a program that KASLR moves, as the low 32 bits of their link-time addresses (all lie in the top 2 GiB), ascending.
 * The lists are those of arch/x86/tools/relocs.c.
 */
export interface BootRelocations {
  /** 64-bit words; the offset is added. */
  readonly relocs64: Uint32Array;
  /** 32-bit words, the offset is subtracted: distances from the program to a fixed address. */
  readonly relocs32Inverse: Uint32Array;
  /** 32-bit words, sign-extended by the instruction that holds them; the offset is added. */
  readonly relocs32: Uint32Array;
}

/** GOT-relative to the instruction: the word says how far away the symbol's GOT slot is. */
const GOT_PC_RELATIVE: ReadonlySet<number> = new Set([
  R_X86_64.GOTPCREL,
  R_X86_64.GOTPCRELX,
  R_X86_64.REX_GOTPCRELX,
  R_X86_64.GOTPCREL64,
]);

/** The word is the distance of the symbol's GOT slot from the GOT. */
const GOT_OFFSET: ReadonlySet<number> = new Set([R_X86_64.GOT32, R_X86_64.GOT64, R_X86_64.GOTPLT64]);

/** Distances within the program: they stay the same when it moves as a whole. */
const RELATIVE: ReadonlySet<number> = new Set([
  R_X86_64.PC32,
  R_X86_64.PLT32,
  R_X86_64.PC64,
  R_X86_64.PC16,
  R_X86_64.PC8,
  R_X86_64.GOTOFF64,
  R_X86_64.PLTOFF64,
]);

/** Absolute addresses too narrow to move. ld lets them pass only where the value is no address. */
const NARROW: ReadonlySet<number> = new Set([R_X86_64[32], R_X86_64[16], R_X86_64[8]]);

/**
 * Thread-local words. In a static program ld turns every access into an offset from the thread pointer (the psABI's local exec model).
 */
const THREAD_LOCAL: ReadonlySet<number> = new Set([R_X86_64.GOTTPOFF, R_X86_64.TPOFF32, R_X86_64.DTPOFF32]);

/** Values that do not depend on where the program lies: sizes, distances to the GOT itself, offsets within a TLS block. */
const FIXED: ReadonlySet<number> = new Set([
  R_X86_64.NONE,
  R_X86_64.SIZE32,
  R_X86_64.SIZE64,
  R_X86_64.GOTPC32,
  R_X86_64.GOTPC64,
  R_X86_64.DTPOFF64,
  R_X86_64.TPOFF64,
  R_X86_64.GOTPC32_TLSDESC,
  R_X86_64.TLSDESC_CALL,
]);

/**
 * Finds every word of a program that holds an address: by the relocations that `ld --emit-relocs` kept, and those it does not list: GOT
 * slots (found through the instructions that use them), the table of IRELATIVE relocations and what it fills. The words of weak references
 * that stay null and of absolute symbols do not move; `imports`, names of the kernel's that ld was told as absolute values, do: the program moves
 * with the kernel. Throws UKL2015 and UKL2016 for what no rule covers.
 */
export function collectBootRelocations(
  elf: ElfFile,
  imports: ReadonlySet<string> = new Set(),
): BootRelocations {
  const { symbols } = elf;
  if (symbols === undefined) throw new UklError(linkErrors.unexpectedLayout('it has no symbol table'));
  const collector = new Collector(elf, symbols, imports);
  for (const section of elf.sections) {
    if (section.type !== SHT.RELA) continue;
    if (section.isAllocated) collector.addIrelative(section);
    else if (elf.section(section.info).isAllocated) collector.addEmitted(section, elf.section(section.info));
  }
  return collector.result();
}

class Collector {
  readonly #symbols: SymbolTable;
  /** For each symbol: 1 when it is a place in the program or the kernel and moves with them. */
  readonly #moves: Uint8Array;
  /** The sections that hold GOT slots. */
  readonly #got: readonly Section[];
  /** These, and all other sections with bytes that the program may write to. */
  readonly #writable: readonly Section[];
  readonly #words64 = new Set<number>();
  readonly #words32 = new Set<number>();
  readonly #inverse32 = new Set<number>();

  constructor(elf: ElfFile, symbols: SymbolTable, imports: ReadonlySet<string>) {
    this.#symbols = symbols;
    this.#moves = Uint8Array.from({ length: symbols.length }, (_, i) =>
      symbols.sectionIndex(i) !== undefined || (i >= symbols.firstGlobal && imports.has(symbols.name(i)))
        ? 1
        : 0,
    );
    this.#got = elf.sections.filter(({ name }) => name === '.got' || name === '.got.plt');
    this.#writable = elf.sections.filter(
      (section) => section.isAllocated && section.has(SHF.WRITE) && section.type !== SHT.NOBITS,
    );
  }

  result(): BootRelocations {
    const sorted = (words: ReadonlySet<number>): Uint32Array => Uint32Array.from(words).sort();
    return {
      relocs64: sorted(this.#words64),
      relocs32Inverse: sorted(this.#inverse32),
      relocs32: sorted(this.#words32),
    };
  }

  /** `.rela.iplt`: the program's start-up code reads the table and writes the slots, both at run-time addresses. */
  addIrelative(table: Section): void {
    const view = viewOf(table.contents);
    const tableAddress = low32(table.address);
    for (let at = 0; at + RELA_SIZE <= view.byteLength; at += RELA_SIZE) {
      const slot = view.getUint32(at, true);
      if (view.getUint32(at + 8, true) !== R_X86_64.IRELATIVE) {
        throw this.#unexpected(view.getUint32(at + 8, true), table, slot);
      }
      this.#words64.add((tableAddress + at) >>> 0);
      this.#words64.add((tableAddress + at + 16) >>> 0);
      // Before start-up the slot holds the address of its own PLT entry, or nothing. A pointer to a local function is filled in where it
      // stands in the data.
      if (this.#word(slot, this.#writable, table) !== 0n) this.#words64.add(slot);
    }
  }

  /** A section that `--emit-relocs` made of what was applied to `target`. */
  addEmitted(table: Section, target: Section): void {
    const view = viewOf(table.contents);
    const words = viewOf(target.contents);
    const targetAddress = low32(target.address);
    for (let at = 0; at + RELA_SIZE <= view.byteLength; at += RELA_SIZE) {
      const place = view.getUint32(at, true);
      const type = view.getUint32(at + 8, true);
      const moves = this.#moves[view.getUint32(at + 12, true)] === 1;
      const addend = view.getInt32(at + 16, true);
      if (type === R_X86_64[64]) {
        if (moves) this.#words64.add(place);
      } else if (type === R_X86_64['32S']) {
        if (moves) this.#words32.add(place);
      } else if (RELATIVE.has(type)) {
        if (!moves) this.#addDistanceToFixed(type, target, place);
      } else if (GOT_PC_RELATIVE.has(type)) {
        const distance = words.getInt32((place - targetAddress) >>> 0, true);
        this.#addGotSlot((place + distance - addend) >>> 0, moves, target);
      } else if (GOT_OFFSET.has(type)) {
        const offset = words.getInt32((place - targetAddress) >>> 0, true);
        this.#addGotSlot((this.#gotAddress() + offset - addend) >>> 0, moves, target);
      } else if (THREAD_LOCAL.has(type)) {
        // For a weak variable that nothing defines, ld computes the distance of address 0 from the thread pointer.
        if (!moves) this.#inverse32.add(place);
      } else if (type === R_X86_64.TLSGD || type === R_X86_64.TLSLD) {
        // The offset now stands in the instruction that replaced the call to __tls_get_addr, 8 bytes on (psABI, table 11.9) …
        if (type === R_X86_64.TLSGD && !moves) this.#inverse32.add(place + 8);
        // … and the next relocation was that of the call.
        at += RELA_SIZE;
      } else if (!FIXED.has(type) && (moves || !NARROW.has(type))) {
        throw this.#unexpected(type, target, place);
      }
    }
  }

  #addDistanceToFixed(type: number, target: Section, place: number): void {
    if (type !== R_X86_64.PC32 && type !== R_X86_64.PLT32) throw this.#unexpected(type, target, place);
    this.#inverse32.add(place);
  }

  #addGotSlot(slot: number, moves: boolean, target: Section): void {
    this.#word(slot, this.#got, target);
    if (moves) this.#words64.add(slot);
  }

  /** The word of a slot in one of `places`. A slot outside of them would mean that this module misunderstands a relocation. */
  #word(slot: number, places: readonly Section[], from: Section): bigint {
    for (const place of places) {
      const offset = (slot - low32(place.address)) >>> 0;
      if (offset % Math.max(place.entrySize, 1) === 0 && offset + 8 <= place.size)
        return viewOf(place.contents).getBigUint64(offset, true);
    }
    throw new UklError(
      linkErrors.unexpectedLayout(`${from.name} uses a slot at 0x${slot.toString(16)}, where none is`),
    );
  }

  #gotAddress(): number {
    const symbols = this.#symbols;
    for (let i = 1; i < symbols.length; i++) {
      if (symbols.name(i) === '_GLOBAL_OFFSET_TABLE_') return low32(symbols.value(i));
    }
    throw new UklError(linkErrors.unexpectedLayout('it uses a GOT without having one'));
  }

  #unexpected(type: number, section: Section, address: number): UklError {
    const offset = (address - low32(section.address)) >>> 0;
    const place: Place = { section: section.name, offset };
    return new UklError(linkErrors.unexpectedRelocation(relocationTypeName(type) ?? `type ${type}`, place));
  }
}

function low32(address: bigint): number {
  return Number(address & 0xffff_ffffn);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
