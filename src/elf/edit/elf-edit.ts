import { UklError, elfErrors, type Place } from '../../errors/index.js';
import { setU64 } from '../bytes.js';
import { ET, PROGRAM_HEADER_SIZE, RELA_SIZE, SHF, SHT, SYMBOL_SIZE } from '../constants.js';
import type { ElfFile } from '../elf-file.js';
import { emit } from './emit.js';
import { HeaderTable } from './header-table.js';
import { layOut } from './layout.js';
import { RelocationEdit } from './relocation-edit.js';
import { SectionEdit } from './section-edit.js';
import { SymbolEdit } from './symbol-edit.js';
import { settleSymbols } from './symbol-order.js';
import { settleSectionNames, settleSymbolNames } from './string-tables.js';

/** A section to add. */
export interface NewSection {
  readonly name: string;
  /** SHT value. */
  readonly type: number;
  /** SHF bits, default 0. */
  readonly flags?: number;
  readonly contents?: Uint8Array;
  /** Alignment in bytes, default 1. */
  readonly align?: number;
  readonly link?: number;
  readonly info?: number;
  readonly entrySize?: number;
}

/** Program header fields to change; sizes and offsets in bytes. */
export interface SegmentChange {
  readonly type?: number;
  readonly flags?: number;
  readonly offset?: number;
  readonly virtualAddress?: bigint;
  readonly physicalAddress?: bigint;
  readonly fileSize?: number;
  readonly memorySize?: number;
  readonly align?: number;
}

/**
 * Changes to an ELF file, written to new bytes by `write`; the file itself stays as it is. What is not changed keeps its bytes and,
 * where the changes leave room, its offset: without a change the result equals the input.
 */
export class ElfEdit {
  readonly elf: ElfFile;
  readonly headers: HeaderTable;
  readonly #sections = new Map<number, SectionEdit>();
  readonly #newNames = new Map<number, string>();
  readonly #relocations = new Map<number, RelocationEdit>();
  /** Index of the relocation section of each section that had one when relocations were first asked for. */
  #tables: ReadonlyMap<number, number> | undefined;
  #symbols: SymbolEdit | undefined;
  #programHeaders: Uint8Array | undefined;
  #entry: bigint | undefined;
  #written = false;

  constructor(elf: ElfFile) {
    this.elf = elf;
    this.headers = new HeaderTable(elf);
  }

  /** Number of sections, the null section and new ones included. */
  get sectionCount(): number {
    return this.headers.count;
  }

  /** The section with this index; throws UKL1008. */
  section(index: number): SectionEdit {
    if (index < 0 || index >= this.headers.count) {
      throw new UklError(elfErrors.badSectionIndex(this.elf.origin, 'an edit', index, this.headers.count));
    }
    let section = this.#sections.get(index);
    if (section === undefined) {
      section = new SectionEdit(this, index);
      this.#sections.set(index, section);
    }
    return section;
  }

  /** The section if an edit of it was asked for: what is not here is unchanged, but perhaps for its header. */
  touched(index: number): SectionEdit | undefined {
    return this.#sections.get(index);
  }

  /** The sections that `section` was asked for, in no order. */
  touchedSections(): Iterable<SectionEdit> {
    return this.#sections.values();
  }

  /** The first section, new ones included, that the test accepts. */
  findSection(test: (section: SectionEdit) => boolean): SectionEdit | undefined {
    for (let i = 1; i < this.headers.count; i++) {
      const section = this.section(i);
      if (test(section)) return section;
    }
    return undefined;
  }

  sectionName(index: number): string {
    return this.#newNames.get(index) ?? this.elf.sections[index]?.name ?? '';
  }

  /** Adds a section behind the others, so that old indexes stay. UKL1042 for a file that names no sections. */
  addSection(spec: NewSection): SectionEdit {
    if (this.elf.header.shstrndx === 0) throw this.#refuse('the file has no table of section names');
    const section = this.section(this.headers.add());
    this.#newNames.set(section.index, spec.name);
    section.type = spec.type;
    section.flags = spec.flags ?? 0;
    section.link = spec.link ?? 0;
    section.info = spec.info ?? 0;
    section.align = spec.align ?? 1;
    section.entrySize = spec.entrySize ?? 0;
    if (spec.type !== SHT.NOBITS) section.setContents(spec.contents ?? new Uint8Array(0));
    return section;
  }

  /** The symbols, SHT_SYMTAB; made when the file has none. */
  get symbols(): SymbolEdit {
    if (this.#symbols === undefined) {
      const index = this.headers.firstOfType(SHT.SYMTAB);
      this.#symbols = new SymbolEdit(index === 0 ? this.#addSymbolTable() : this.section(index));
    }
    return this.#symbols;
  }

  /**
   * The relocations that apply to a section, in a new SHT_RELA section when it has none (and in its group, when it is in one).
   * UKL1042 when the file is not ET_REL, or the relocations are SHT_REL or of other symbols than SHT_SYMTAB's.
   */
  relocations(target: SectionEdit): RelocationEdit {
    let edit = this.#relocations.get(target.index);
    if (edit === undefined) {
      const table = (this.#tables ??= relocationTables(this.headers)).get(target.index);
      const section = table === undefined ? this.#addRelocationSection(target) : this.section(table);
      if (section.type === SHT.REL) throw this.#refuse('relocations without addends', section.place);
      if (section.link !== this.symbols.section.index) {
        throw this.#refuse('relocations against another symbol table', section.place);
      }
      edit = new RelocationEdit(section);
      this.#relocations.set(target.index, edit);
    }
    return edit;
  }

  /** Makes a section a member of the group that a SHT_GROUP section holds. */
  addToGroup(group: SectionEdit, member: SectionEdit): void {
    if (group.type !== SHT.GROUP) throw this.#refuse('not a section group', group.place);
    const word = new Uint8Array(4);
    new DataView(word.buffer).setUint32(0, member.index, true);
    group.append(word);
    member.flags |= SHF.GROUP;
  }

  /** Sets e_entry. */
  setEntry(address: bigint): void {
    this.#entry = address;
  }

  /** Changes fields of a program header; throws UKL1026. Moves no bytes: sections that a segment loads stay where they are. */
  setSegment(index: number, change: SegmentChange): void {
    const { phoff, phnum } = this.elf.header;
    if (index < 0 || index >= phnum) {
      throw new UklError(elfErrors.badSegmentIndex(this.elf.origin, index, phnum));
    }
    this.#programHeaders ??= new Uint8Array(
      this.elf.bytes.subarray(phoff, phoff + phnum * PROGRAM_HEADER_SIZE),
    );
    const view = new DataView(this.#programHeaders.buffer, index * PROGRAM_HEADER_SIZE, PROGRAM_HEADER_SIZE);
    if (change.type !== undefined) view.setUint32(0, change.type, true);
    if (change.flags !== undefined) view.setUint32(4, change.flags, true);
    if (change.offset !== undefined) setU64(view, 8, change.offset);
    if (change.virtualAddress !== undefined) view.setBigUint64(16, change.virtualAddress, true);
    if (change.physicalAddress !== undefined) view.setBigUint64(24, change.physicalAddress, true);
    if (change.fileSize !== undefined) setU64(view, 32, change.fileSize);
    if (change.memorySize !== undefined) setU64(view, 40, change.memorySize);
    if (change.align !== undefined) setU64(view, 48, change.align);
  }

  /**
   * The edited file. Can be called once: it renumbers symbols and makes string tables. Throws UKL1040 when a section that a segment
   * loads, or that shares its bytes with another, would change its size.
   */
  write(): Uint8Array {
    if (this.#written) throw this.#refuse('it was written already');
    this.#written = true;
    if (this.#symbols !== undefined) {
      settleSymbols(this, this.#symbols);
      settleSymbolNames(this, this.#symbols);
    }
    settleSectionNames(this, this.#newNames);
    return emit(this, layOut(this), { programHeaders: this.#programHeaders, entry: this.#entry });
  }

  #addSymbolTable(): SectionEdit {
    const strings = this.addSection({ name: '.strtab', type: SHT.STRTAB, contents: new Uint8Array(1) });
    return this.addSection({
      name: '.symtab',
      type: SHT.SYMTAB,
      contents: new Uint8Array(SYMBOL_SIZE),
      link: strings.index,
      info: 1,
      align: 8,
      entrySize: SYMBOL_SIZE,
    });
  }

  #addRelocationSection(target: SectionEdit): SectionEdit {
    if (this.elf.header.type !== ET.REL) {
      throw this.#refuse('relocations can be added to objects (ET_REL) only', target.place);
    }
    const section = this.addSection({
      name: `.rela${target.name}`,
      type: SHT.RELA,
      flags: SHF.INFO_LINK,
      link: this.symbols.section.index,
      info: target.index,
      align: 8,
      entrySize: RELA_SIZE,
    });
    if ((target.flags & SHF.GROUP) !== 0) {
      const group = this.findSection((s) => s.type === SHT.GROUP && groupHas(s, target.index));
      if (group !== undefined) this.addToGroup(group, section);
    }
    return section;
  }

  #refuse(why: string, place: Place = this.elf.origin): UklError {
    return new UklError(elfErrors.badEdit(place, why));
  }
}

/** The first relocation section of each section, by sh_info. */
function relocationTables(headers: HeaderTable): ReadonlyMap<number, number> {
  const tables = new Map<number, number>();
  for (let i = 1; i < headers.count; i++) {
    const type = headers.get32(i, SH_TYPE);
    const target = headers.get32(i, SH_INFO);
    if ((type === SHT.RELA || type === SHT.REL) && !tables.has(target)) tables.set(target, i);
  }
  return tables;
}

/** Places of fields in Elf64_Shdr. */
const SH_TYPE = 4;
const SH_INFO = 44;

function groupHas(group: SectionEdit, member: number): boolean {
  const bytes = group.contents;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 4; at + 4 <= view.byteLength; at += 4) if (view.getUint32(at, true) === member) return true;
  return false;
}
