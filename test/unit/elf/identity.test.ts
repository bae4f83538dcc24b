import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ElfEdit,
  SHT,
  indexedSymbols,
  readArchive,
  readElf,
  rewrittenMember,
  writeArchive,
  type ElfFile,
} from '../../../src/elf/index.js';
import { archives, elvesOf, files } from './support/corpus.js';

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Sets every field of every section, segment, symbol and relocation to the value that was read, in private copies. */
function rewriteEverything(elf: ElfFile): ElfEdit {
  const edit = new ElfEdit(elf);
  for (let i = 1; i < edit.sectionCount; i++) {
    const from = elf.section(i);
    const to = edit.section(i);
    if (from.inFile) to.setContents(new Uint8Array(from.contents));
    to.type = from.type;
    to.flags = from.flags;
    to.address = from.address;
    to.link = from.link;
    to.info = from.info;
    to.align = from.align;
    to.entrySize = from.entrySize;
  }
  for (const segment of elf.segments) {
    const { type, flags, offset, virtualAddress, physicalAddress, fileSize, memorySize, align } = segment;
    edit.setSegment(segment.index, {
      ...{ type, flags, offset, virtualAddress, physicalAddress, fileSize, memorySize, align },
    });
  }
  edit.setEntry(elf.header.entry);
  rewriteSymbols(elf, edit);
  for (const table of elf.header.type === 1 ? elf.relocationTables() : []) {
    const to = edit.relocations(edit.section(table.targetIndex));
    if (to.section.index !== table.section.index) continue;
    for (let i = 0; i < table.length; i++) {
      to.setOffset(i, table.offset(i));
      to.setType(i, table.type(i));
      to.setSymbol(i, table.symbol(i));
      to.setAddend(i, table.addend(i));
    }
  }
  return edit;
}

function rewriteSymbols(elf: ElfFile, edit: ElfEdit): void {
  const from = elf.symbols;
  if (from === undefined) return;
  const to = edit.symbols;
  for (let i = 0; i < from.length; i++) {
    to.setInfo(i, from.binding(i), from.type(i));
    to.setOther(i, from.other(i));
    const section = from.isAbsolute(i)
      ? 'absolute'
      : from.isCommon(i)
        ? 'common'
        : (from.sectionIndex(i) ?? 0);
    to.setSection(i, section);
    to.setValue(i, from.value(i));
    to.setSize(i, from.size(i));
  }
}

describe('reading and writing without a change gives the same bytes', () => {
  it.each([...archives, ...files, process.execPath])('%s', (path) => {
    const different: string[] = [];
    let count = 0;
    for (const { elf, label } of elvesOf(path)) {
      const before = Buffer.from(elf.bytes).subarray(0, 4096).toString('hex');
      if (!same(new ElfEdit(elf).write(), elf.bytes)) different.push(`${label}: untouched`);
      if (!same(rewriteEverything(elf).write(), elf.bytes)) different.push(`${label}: every field set`);
      if (Buffer.from(elf.bytes).subarray(0, 4096).toString('hex') !== before) {
        different.push(`${label}: the input changed`);
      }
      count++;
    }
    expect(different).toEqual([]);
    expect(count).toBeGreaterThan(0);
  });

  it.each(archives)('%s, the archive made anew from its members', (path) => {
    const bytes = readFileSync(path);
    const archive = readArchive(bytes, { file: path });
    const members = archive.members.map((member) =>
      rewrittenMember(member, member.data, indexedSymbols(readElf(member.data, member.origin))),
    );
    const indexDate = archive.specials.find((s) => s.kind === 'index32')?.header.date ?? 0;
    expect(same(writeArchive(members, { indexDate }), bytes)).toBe(true);
  });
});

describe('an edit leaves its input alone', () => {
  it('even when the bytes come in a Buffer, whose slice is no copy', () => {
    const path = archives[0] ?? '';
    const bytes = readFileSync(path);
    const before = Buffer.from(bytes);
    for (const member of readArchive(bytes).members.slice(0, 200)) {
      const elf = readElf(member.data, member.origin);
      const edit = new ElfEdit(elf);
      edit.symbols.prefixNames('p_', () => true);
      for (let i = 1; i < edit.sectionCount; i++) {
        const section = edit.section(i);
        if (section.type === SHT.PROGBITS) section.writable().fill(0xcc);
      }
      edit.write();
    }
    expect(same(bytes, before)).toBe(true);
  });
});
