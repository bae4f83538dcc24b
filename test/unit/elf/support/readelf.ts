import {
  DT,
  ET,
  PT,
  SHN,
  SHT,
  STB,
  STT,
  STV,
  constantName,
  notesOfSection,
  readDynamic,
  readGroups,
  readVersions,
  relrAddresses,
  type ElfFile,
  type RelocationTable,
  type SymbolTable,
} from '../../../../src/elf/index.js';

/**
 * What `readelf` says about a file and what our reader does, as lines of the same form. The parsers take the columns that hold
 * facts and leave out what readelf only makes up for people (legends, mappings, descriptions).
 */
export type Facts = readonly string[];

const hex = (value: number | bigint, width = 0): string => value.toString(16).padStart(width, '0');

/** Tables of relocations and groups show no more than 256 characters of a section's name. */
const shown = (name: string): string => name.slice(0, 256);

export const parseHeader = (text: string): Facts => {
  const field = (name: string): string => new RegExp(`^ *${name}: +(\\S+)`, 'm').exec(text)?.[1] ?? '';
  return [
    `type ${field('Type')}`,
    `entry ${field('Entry point address')}`,
    `phoff ${field('Start of program headers')}`,
    `shoff ${field('Start of section headers')}`,
    `flags ${field('Flags')}`,
    // Extended numbering: "0 (70005)".
    `phnum ${/Number of program headers: +(?:\d+ \((\d+)\)|(\d+))/.exec(text)?.slice(1).join('') ?? ''}`,
    `shnum ${/Number of section headers: +(?:\d+ \((\d+)\)|(\d+))/.exec(text)?.slice(1).join('') ?? ''}`,
    `shstrndx ${/string table index: +(?:\d+ \((\d+)\)|(\d+))/.exec(text)?.slice(1).join('') ?? ''}`,
  ];
};

export const ourHeader = (elf: ElfFile): Facts => {
  const { type, entry, phoff, phnum, shoff, shnum, shstrndx, flags } = elf.header;
  const name = constantName(ET, '', type);
  return [
    `type ${name}`,
    `entry 0x${hex(entry)}`,
    `phoff ${phoff}`,
    `shoff ${shoff}`,
    `flags 0x${hex(flags)}`,
    `phnum ${phnum}`,
    `shnum ${shnum}`,
    `shstrndx ${shstrndx}`,
  ];
};

const SECTION =
  /^ *\[ *(\d+)\] (.*?) +(\S+) +([0-9a-f]{16}) ([0-9a-f]{6,}) ([0-9a-f]{6,}) ([0-9a-f]{2,}) ([ A-Za-z]{3}) +(\d+) +(\d+) +(\d+)$/;

export const parseSections = (text: string): Facts =>
  text
    .replaceAll('SYMTAB SECTION INDICES', 'SYMTAB_SHNDX')
    .split('\n')
    .flatMap((line) => SECTION.exec(line) ?? [])
    .reduce<string[][]>((rows, cell, i) => {
      if (i % 12 === 0) rows.push([]);
      else rows.at(-1)?.push(cell.trim());
      return rows;
    }, [])
    .map((cells) => cells.join(' '));

/** readelf's names of section types are ours without SHT_, but for a few. */
const SECTION_TYPES: ReadonlyMap<number, string> = new Map<number, string>([
  [SHT.GNU_VERSYM, 'VERSYM'],
  [SHT.GNU_VERDEF, 'VERDEF'],
  [SHT.GNU_VERNEED, 'VERNEED'],
]);

const FLAG_LETTERS: readonly (readonly [number, string])[] = [
  [0x1, 'W'],
  [0x2, 'A'],
  [0x4, 'X'],
  [0x10, 'M'],
  [0x20, 'S'],
  [0x40, 'I'],
  [0x80, 'L'],
  [0x100, 'O'],
  [0x200, 'G'],
  [0x400, 'T'],
  [0x800, 'C'],
  [0x200000, 'R'],
  [0x10000000, 'l'],
  [0x80000000, 'E'],
];

export const ourSections = (elf: ElfFile): Facts =>
  elf.sections.map((s) => {
    const type = SECTION_TYPES.get(s.type) ?? constantName(SHT, '', s.type);
    const flags = FLAG_LETTERS.filter(([bit]) => s.has(bit))
      .map(([, letter]) => letter)
      .join('');
    return [
      ...[s.index, s.name, type, hex(s.address, 16), hex(s.offset, 6), hex(s.size, 6)],
      ...[hex(s.entrySize, 2), flags, s.link, s.info, s.align],
    ].join(' ');
  });

const SEGMENT =
  /^ {2}(\S+) +0x([0-9a-f]+) 0x([0-9a-f]{16}) 0x([0-9a-f]{16}) 0x([0-9a-f]+) 0x([0-9a-f]+) ([ RWE]{3}) (?:0x)?([0-9a-f]+)$/;

export const parseSegments = (text: string): Facts =>
  text.split('\n').flatMap((line) => {
    const cells = SEGMENT.exec(line)?.slice(1);
    return cells === undefined ? [] : [cells.map((c) => c.replaceAll(' ', '')).join(' ')];
  });

export const ourSegments = (elf: ElfFile): Facts =>
  elf.segments.map((s) => {
    const type = constantName(PT, '', s.type).replace('_X', '').toUpperCase();
    const flags = `${s.flags & 4 ? 'R' : ''}${s.flags & 2 ? 'W' : ''}${s.flags & 1 ? 'E' : ''}`;
    return [
      ...[type, hex(s.offset, 6), hex(s.virtualAddress, 16), hex(s.physicalAddress, 16)],
      ...[hex(s.fileSize, 6), hex(s.memorySize, 6), flags, hex(s.align)],
    ].join(' ');
  });

const SYMBOL = /^ *(\d+): ([0-9a-f]{16}) +(\d+|0x[0-9a-f]+) (\S+) +(\S+) +(\S+) +(?:\[.*?\] +)?(\S+) ?(.*)$/;

/** Symbols of one table: number, value, size, type, binding, visibility, section, name, version. */
export const parseSymbols = (text: string, table: '.symtab' | '.dynsym'): Facts => {
  const start = text.indexOf(`Symbol table '${table}'`);
  if (start < 0) return [];
  const end = text.indexOf('\nSymbol table', start + 1);
  return text
    .slice(start, end < 0 ? undefined : end)
    .split('\n')
    .flatMap((line) => {
      const cells = SYMBOL.exec(line)?.slice(1);
      if (cells === undefined) return [];
      const [index, value, size, ...rest] = cells;
      const name = (rest.pop() ?? '').replace(/ \(\d+\)$/, '');
      return [[index, value, Number(size), ...rest, name].join(' ')];
    });
};

export const ourSymbols = (elf: ElfFile, table: SymbolTable | undefined): Facts => {
  if (table === undefined) return [];
  const versions = table === elf.dynamicSymbols ? readVersions(elf) : undefined;
  return Array.from({ length: table.length }, (_, i) => {
    const version = versions?.of(i);
    const separator = version?.hidden === true || version?.file !== undefined ? '@' : '@@';
    // The symbol that stands for a version itself gets no suffix.
    const plain = version === undefined || version.name === table.name(i);
    const suffix = plain ? '' : separator + version.name;
    return [
      ...[i, hex(table.value(i), 16), table.size(i), symbolType(table.type(i)), binding(table.binding(i))],
      ...[
        constantName(STV, '', table.visibility(i)),
        sectionColumn(table, i),
        symbolName(elf, table, i) + suffix,
      ],
    ].join(' ');
  });
};

const symbolType = (type: number): string => (type === STT.GNU_IFUNC ? 'IFUNC' : constantName(STT, '', type));
const binding = (b: number): string => (b === STB.GNU_UNIQUE ? 'UNIQUE' : constantName(STB, '', b));

function sectionColumn(table: SymbolTable, i: number): string {
  if (table.isUndefined(i)) return 'UND';
  if (table.isAbsolute(i)) return 'ABS';
  if (table.rawSectionIndex(i) === SHN.COMMON) return 'COM';
  return String(table.sectionIndex(i));
}

/** readelf gives section symbols without a name that of their section. */
function symbolName(elf: ElfFile, table: SymbolTable, i: number): string {
  const name = table.name(i);
  if (name !== '' || table.type(i) !== STT.SECTION) return name;
  return elf.section(table.sectionIndex(i) ?? 0).name;
}

/** Relocations: a line per table with its name and count, then offset, info and type of each, and its addend. */
export const parseRelocations = (text: string): Facts =>
  text.split('\n').flatMap((line) => {
    const table = /^Relocation section '(.*)' at offset 0x([0-9a-f]+) contains (\d+) entr/.exec(line);
    if (table !== null) return [table.slice(1).join(' ')];
    // SHT_RELR: a line per address.
    if (/^[0-9a-f]{16}$/.test(line)) return [line];
    const row = /^([0-9a-f]{16}) +([0-9a-f]{16}) (R_\S+)(.*)$/.exec(line);
    if (row === null) return [];
    const [, offset, info, type, rest = ''] = row;
    return [`${offset} ${info} ${type} ${parseAddend(rest)}`];
  });

/** The addend: `… name + 1f`, `… name - 4`, or alone when there is no symbol. */
function parseAddend(rest: string): string {
  const signed = / ([+-]) ([0-9a-f]+)$/.exec(rest);
  if (signed !== null) return (signed[1] === '-' ? '-' : '') + (signed[2] ?? '');
  return /([0-9a-f]+)$/.exec(rest.trim())?.[1] ?? '0';
}

export const ourRelocations = (elf: ElfFile): Facts =>
  elf.sections.flatMap((section) => {
    if (section.type === SHT.RELR) {
      const words = [...relrAddresses(section.contents)].map((address) => hex(address, 16));
      return [`${section.name} ${hex(section.offset)} ${section.size / 8}`, ...words];
    }
    const table = elf.relocationTables().find((t) => t.section === section);
    if (table === undefined) return [];
    return [
      `${shown(section.name)} ${hex(section.offset)} ${table.length}`,
      ...Array.from({ length: table.length }, (_, i) => ourRelocation(table, i)),
    ];
  });

function ourRelocation(table: RelocationTable, i: number): string {
  const info = (BigInt(table.symbol(i)) << 32n) | BigInt(table.type(i));
  const addend = table.addend(i);
  const text = table.symbol(i) === 0 ? hex(BigInt.asUintN(64, addend)) : hex(addend);
  return `${hex(table.address(i), 16)} ${hex(info, 16)} ${table.typeName(i)} ${text}`;
}

export const parseNotes = (text: string): Facts =>
  text.split('\n').flatMap((line) => {
    const section = /^Displaying notes found in: (.*)$/.exec(line);
    if (section !== null) return [section[1] ?? ''];
    const note = /^ {2}(\S+) +0x([0-9a-f]{8})\t/.exec(line);
    return note === null ? [] : [`${note[1]} ${note[2]}`];
  });

export const ourNotes = (elf: ElfFile): Facts =>
  elf.sections
    .filter((s) => s.type === SHT.NOTE)
    .flatMap((s) => [s.name, ...notesOfSection(s).map((n) => `${n.owner} ${hex(n.descriptor.length, 8)}`)]);

export const parseGroups = (text: string): Facts =>
  text.split('\n').flatMap((line) => {
    const group = /^(COMDAT )?group section \[ *(\d+)\] `.*' \[(.*)\] contains (\d+) sections:$/.exec(line);
    if (group !== null) return [group.slice(1).join(' ')];
    const member = /^ {3}\[ *(\d+)\] {3}(\S*)$/.exec(line);
    return member === null ? [] : [`${member[1]} ${member[2]}`];
  });

export const ourGroups = (elf: ElfFile): Facts =>
  readGroups(elf).flatMap((group) => [
    `${group.isComdat ? 'COMDAT ' : ''} ${group.section.index} ${group.signature} ${group.members.length}`,
    ...group.members.map((member) => `${member} ${shown(elf.section(member).name)}`),
  ]);

/** Dynamic tags with their values, but for those that readelf prints in words. */
export const parseDynamic = (text: string): Facts =>
  text.split('\n').flatMap((line) => {
    const row = /^ 0x([0-9a-f]{16}) \((\S+)\) +(.*)$/.exec(line);
    if (row === null || row[2] === 'NULL') return [];
    const [, tag = '', , value = ''] = row;
    const name = /^(?:Shared library|Library soname): \[(.*)\]$/.exec(value)?.[1];
    return [`${tag} ${name ?? dynamicNumber(value)}`];
  });

const dynamicNumber = (value: string): string =>
  /^0x[0-9a-f]+$/.test(value) ? value : /^\d+/.test(value) ? `0x${hex(Number.parseInt(value))}` : '';

export const ourDynamic = (elf: ElfFile): Facts => {
  const table = readDynamic(elf);
  if (table === undefined) return [];
  const names = [...table.needed, ...(table.soname === undefined ? [] : [table.soname])];
  return Array.from({ length: table.length }, (_, i) => {
    const tag = table.tag(i);
    const named = tag === DT.NEEDED || tag === DT.SONAME;
    const inWords = tag === DT.FLAGS || tag === DT.FLAGS_1 || tag === DT_PLTREL;
    const value = named ? names.shift() : inWords ? '' : `0x${hex(table.value(i))}`;
    return `${hex(tag, 16)} ${value}`;
  });
};

const DT_PLTREL = 20;
