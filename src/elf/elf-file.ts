import { UklError, elfErrors } from '../errors/index.js';
import { plainBytes, viewOf, type Origin } from './bytes.js';
import { PROGRAM_HEADER_SIZE, SECTION_HEADER_SIZE, SHT } from './constants.js';
import { readHeader, type ElfHeader } from './header.js';
import { RelocationTable } from './relocation-table.js';
import { Section } from './section.js';
import { Segment } from './segment.js';
import { StringTable } from './string-table.js';
import { SymbolTable } from './symbol-table.js';
import { validateStructure } from './validate.js';

/**
 * An x86-64 ELF file: its header, sections and segments, and the tables found through them. Everything reads from `bytes`, which
 * must not be changed meanwhile, when it is asked for. Get one with `readElf`.
 */
export class ElfFile {
  readonly bytes: Uint8Array;
  /** Over all of `bytes`. */
  readonly view: DataView;
  readonly origin: Origin;
  readonly header: ElfHeader;
  /** Sections asked for so far. */
  readonly #made: (Section | undefined)[] = [];
  #sections: readonly Section[] | undefined;
  #segments: readonly Segment[] | undefined;
  #sectionNames: StringTable | undefined;
  #symbols: SymbolTable | undefined;
  #dynamicSymbols: SymbolTable | undefined;
  #byName: Map<string, Section> | undefined;
  #relocations: Map<number, RelocationTable[]> | undefined;

  constructor(bytes: Uint8Array, origin: Origin) {
    this.bytes = plainBytes(bytes);
    this.view = viewOf(bytes);
    this.origin = origin;
    this.header = readHeader(this.view, origin);
  }

  /** All sections; index 0 is the null section. Empty in a file without section headers. */
  get sections(): readonly Section[] {
    return (this.#sections ??= Array.from({ length: this.header.shnum }, (_, i) => this.#section(i)));
  }

  get segments(): readonly Segment[] {
    return (this.#segments ??= Array.from(
      { length: this.header.phnum },
      (_, i) => new Segment(this, i, this.view, this.header.phoff + i * PROGRAM_HEADER_SIZE),
    ));
  }

  /** The section names, undefined when e_shstrndx is 0. */
  get sectionNames(): StringTable | undefined {
    const { shstrndx } = this.header;
    if (this.#sectionNames === undefined && shstrndx !== 0) {
      const place = { ...this.origin, section: '.shstrtab' };
      this.#sectionNames = new StringTable(this.#section(shstrndx).contents, { place });
    }
    return this.#sectionNames;
  }

  /** The symbol table, SHT_SYMTAB; undefined when the file has none. */
  get symbols(): SymbolTable | undefined {
    return (this.#symbols ??= this.#symbolTable(SHT.SYMTAB));
  }

  /** The dynamic symbol table, SHT_DYNSYM; undefined when the file has none. */
  get dynamicSymbols(): SymbolTable | undefined {
    return (this.#dynamicSymbols ??= this.#symbolTable(SHT.DYNSYM));
  }

  /** The section with this index; throws UKL1008. */
  section(index: number): Section {
    if (index >= 0 && index < this.header.shnum) return this.#section(index);
    throw new UklError(elfErrors.badSectionIndex(this.origin, 'a reference', index, this.header.shnum));
  }

  /** The first section of this type (SHT). Looks at the headers only. */
  sectionOfType(type: number): Section | undefined {
    const { shoff, shnum } = this.header;
    for (let i = 1; i < shnum; i++) {
      if (this.view.getUint32(shoff + i * SECTION_HEADER_SIZE + 4, true) === type) return this.#section(i);
    }
    return undefined;
  }

  /** The first section of this name. Throws UKL1010 when a section's name cannot be read. */
  sectionNamed(name: string): Section | undefined {
    if (this.#byName === undefined) {
      this.#byName = new Map();
      for (const section of this.sections) {
        if (!this.#byName.has(section.name)) this.#byName.set(section.name, section);
      }
    }
    return this.#byName.get(name);
  }

  /** Every relocation section of the file, in order. */
  relocationTables(): RelocationTable[] {
    return this.sections
      .filter((s) => s.type === SHT.RELA || s.type === SHT.REL)
      .map((s) => new RelocationTable(s));
  }

  /** The relocation sections that apply to a section (sh_info); usually none or one. */
  relocationsOf(target: Section): readonly RelocationTable[] {
    if (this.#relocations === undefined) {
      this.#relocations = new Map();
      for (const table of this.relocationTables()) {
        const others = this.#relocations.get(table.targetIndex);
        if (others === undefined) this.#relocations.set(table.targetIndex, [table]);
        else others.push(table);
      }
    }
    return this.#relocations.get(target.index) ?? [];
  }

  /** A SHT_STRTAB section as a string table, asked for by `user`; throws UKL1009 for a section of another type. */
  stringTable(index: number, user?: Section): StringTable {
    const section = this.section(index);
    if (section.type !== SHT.STRTAB) {
      throw new UklError(
        elfErrors.badSectionLink(
          user?.place ?? this.origin,
          'sh_link',
          section.typeName,
          'a SHT_STRTAB section',
        ),
      );
    }
    return new StringTable(section.contents, section);
  }

  #section(index: number): Section {
    const at = this.header.shoff + index * SECTION_HEADER_SIZE;
    return (this.#made[index] ??= new Section(this, index, this.view, at));
  }

  #symbolTable(type: number): SymbolTable | undefined {
    const section = this.sectionOfType(type);
    if (section === undefined) return undefined;
    const extended =
      this.sectionOfType(SHT.SYMTAB_SHNDX) === undefined
        ? undefined
        : this.sections.find((s) => s.type === SHT.SYMTAB_SHNDX && s.link === section.index);
    return new SymbolTable({
      section,
      view: viewOf(section.contents),
      strings: this.stringTable(section.link, section),
      firstGlobal: section.info,
      extendedIndexes: extended && viewOf(extended.contents),
    });
  }
}

/**
 * Reads an x86-64 ELF file (ET_REL, ET_EXEC or ET_DYN) without copying it. Header, section headers and program headers are checked
 * here, all their problems thrown together as one UklError (UKL1001-UKL1021); symbols, strings, relocations and the rest are checked
 * where they are read.
 */
export function readElf(bytes: Uint8Array, origin: Origin = {}): ElfFile {
  const elf = new ElfFile(bytes, origin);
  const problems = validateStructure(elf);
  if (problems.length > 0) throw new UklError(problems);
  return elf;
}
