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
import { viewOf, wordsOf } from '../elf/bytes.js';

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

/** What a relocation says of the word that it was applied to. */
const KIND = {
  UNKNOWN: 0,
  /** A distance within the program: it stays the same when the program moves as a whole. */
  RELATIVE: 1,
  /** As RELATIVE, and so wide that the distance to something fixed cannot be told to the boot stub. */
  RELATIVE_WIDE: 2,
  ABSOLUTE_64: 3,
  ABSOLUTE_32S: 4,
  /** An absolute address too narrow to move. ld lets it pass only where the value is no address. */
  NARROW: 5,
  /** GOT-relative to the instruction: the word says how far away the symbol's GOT slot is. */
  GOT_PC_RELATIVE: 6,
  /** The distance of the symbol's GOT slot from the GOT. */
  GOT_OFFSET: 7,
  /** Thread-local. In a static program ld turns every access into an offset from the thread pointer (the psABI's local exec model). */
  THREAD_LOCAL: 8,
  /** The first of two relocations of a call to __tls_get_addr, which ld has overwritten. */
  TLS_CALL: 9,
  /** A value that does not depend on where the program lies: a size, a distance to the GOT itself, an offset within a TLS block. */
  FIXED: 10,
} as const;

/** The KIND of every relocation type, by its number. */
const KIND_OF = new Uint8Array(256);
const R = R_X86_64;
for (const [kind, types] of [
  [KIND.RELATIVE, [R.PC32, R.PLT32]],
  [KIND.RELATIVE_WIDE, [R.PC64, R.PC16, R.PC8, R.GOTOFF64, R.PLTOFF64]],
  [KIND.ABSOLUTE_64, [R[64]]],
  [KIND.ABSOLUTE_32S, [R['32S']]],
  [KIND.NARROW, [R[32], R[16], R[8]]],
  [KIND.GOT_PC_RELATIVE, [R.GOTPCREL, R.GOTPCRELX, R.REX_GOTPCRELX, R.GOTPCREL64]],
  [KIND.GOT_OFFSET, [R.GOT32, R.GOT64, R.GOTPLT64]],
  [KIND.THREAD_LOCAL, [R.GOTTPOFF, R.TPOFF32, R.DTPOFF32]],
  [KIND.TLS_CALL, [R.TLSGD, R.TLSLD]],
  [
    KIND.FIXED,
    [
      ...[R.NONE, R.SIZE32, R.SIZE64, R.GOTPC32, R.GOTPC64, R.DTPOFF64, R.TPOFF64],
      ...[R.GOTPC32_TLSDESC, R.TLSDESC_CALL],
    ],
  ],
] as const) {
  for (const type of types) KIND_OF[type] = kind;
}

/** 32-bit words of a relocation (Elf64_Rela): r_offset's low half, its type, its symbol, r_addend's low half. */
const RELA_WORDS = RELA_SIZE / 4;
const R_TYPE = 2;
const R_SYMBOL = 3;
const R_ADDEND = 4;

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
    this.#moves = new Uint8Array(symbols.length);
    for (let i = 0; i < symbols.length; i++) {
      const defined = symbols.sectionIndex(i) !== undefined;
      if (defined || (i >= symbols.firstGlobal && imports.has(symbols.name(i)))) this.#moves[i] = 1;
    }
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
    const relocations = wordsOf(table.contents);
    const words = viewOf(target.contents);
    const targetAddress = low32(target.address);
    const moving = this.#moves;
    // Indexes are within the table: the loop's bound. A program has tens of thousands of these, nearly all of the first kind.
    for (let at = 0; at + RELA_WORDS <= relocations.length; at += RELA_WORDS) {
      const type = relocations[at + R_TYPE]!;
      const kind = KIND_OF[type];
      const moves = moving[relocations[at + R_SYMBOL]!] === 1;
      if (kind === KIND.RELATIVE && moves) continue;
      const place = relocations[at]!;
      const addend = relocations[at + R_ADDEND]!;
      switch (kind) {
        case KIND.ABSOLUTE_64:
          if (moves) this.#words64.add(place);
          break;
        case KIND.ABSOLUTE_32S:
          if (moves) this.#words32.add(place);
          break;
        case KIND.RELATIVE:
          this.#inverse32.add(place);
          break;
        case KIND.RELATIVE_WIDE:
          if (!moves) throw this.#unexpected(type, target, place);
          break;
        case KIND.NARROW:
          if (moves) throw this.#unexpected(type, target, place);
          break;
        case KIND.GOT_PC_RELATIVE: {
          const distance = words.getInt32((place - targetAddress) >>> 0, true);
          this.#addGotSlot((place + distance - addend) >>> 0, moves, target);
          break;
        }
        case KIND.GOT_OFFSET: {
          const offset = words.getInt32((place - targetAddress) >>> 0, true);
          this.#addGotSlot((this.#gotAddress() + offset - addend) >>> 0, moves, target);
          break;
        }
        case KIND.THREAD_LOCAL:
          // For a weak variable that nothing defines, ld computes the distance of address 0 from the thread pointer.
          if (!moves) this.#inverse32.add(place);
          break;
        case KIND.TLS_CALL:
          // The offset now stands in the instruction that replaced the call to __tls_get_addr, 8 bytes on (psABI, table 11.9) …
          if (type === R_X86_64.TLSGD && !moves) this.#inverse32.add(place + 8);
          // … and the next relocation was that of the call.
          at += RELA_WORDS;
          break;
        case KIND.FIXED:
          break;
        default:
          throw this.#unexpected(type, target, place);
      }
    }
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
