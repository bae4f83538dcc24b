import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  ElfEdit,
  R_X86_64,
  SHF,
  SHT,
  STB,
  compressionOf,
  constantName,
  emptyObject,
  identify,
  mergeablePieceAt,
  mergeablePieces,
  readDynamic,
  readElf,
  readVersions,
  relocationFieldSize,
  relocationTypeName,
  unpackedContents,
  verifyElf,
  type ElfFile,
} from '../../../src/elf/index.js';
import { compile, run, runOn, withDirectory } from './support/corpus.js';
import * as facts from './support/readelf.js';

const sectionOf = (elf: ElfFile, name: string): ReturnType<ElfFile['section']> => {
  const section = elf.sectionNamed(name);
  if (section === undefined) throw new Error(`no section ${name}`);
  return section;
};

describe('extended section numbering', () => {
  /** More sections than st_shndx and e_shnum can hold, each with a symbol, made by the assembler. */
  const count = 65_400;
  const source = `.altmacro
    .macro one n
    .section .data.s\\n,"aw",@progbits
    s\\n: .byte 1
    .endm
    .set i, 0
    .rept ${count}
    one %i
    .set i, i+1
    .endr
    .text
    .quad s0, s65000
  `;
  const elf = readElf(compile(source, '-x', 'assembler'));

  it('is read as readelf reads it', () => {
    expect(elf.sections.length).toBeGreaterThan(count);
    const text = runOn(elf.bytes, 'readelf', '-hSsW');
    expect(facts.ourHeader(elf)).toEqual(facts.parseHeader(text));
    expect(facts.ourSections(elf).slice(1).join('\n')).toBe(facts.parseSections(text).slice(1).join('\n'));
    expect(facts.ourSymbols(elf, elf.symbols).join('\n')).toBe(
      facts.parseSymbols(text, '.symtab').join('\n'),
    );
    expect(verifyElf(elf)).toEqual([]);
  });

  it('survives writing, and edits that add and renumber symbols', () => {
    expect(Buffer.compare(new ElfEdit(elf).write(), elf.bytes)).toBe(0);
    const edit = new ElfEdit(elf);
    const last = elf.sections.findLast((s) => s.name.startsWith('.data.s'))?.index ?? 0;
    expect(last).toBeGreaterThan(0xff00);
    edit.symbols.add({ name: 'in_last', section: last, binding: STB.GLOBAL });
    edit.symbols.add({ name: 'local_in_last', section: last, binding: STB.LOCAL });
    const after = readElf(edit.write());
    expect(verifyElf(after)).toEqual([]);
    const found = [...(after.symbols ?? [])].filter((s) => s.name.endsWith('in_last'));
    expect(found.map((s) => [s.name, s.sectionIndex])).toEqual([
      ['local_in_last', last],
      ['in_last', last],
    ]);
    const text = runOn(after.bytes, 'readelf', '-sW');
    expect(facts.ourSymbols(after, after.symbols).join('\n')).toBe(
      facts.parseSymbols(text, '.symtab').join('\n'),
    );
  });

  it('is written when an object grows into it', () => {
    const edit = new ElfEdit(emptyObject());
    for (let i = 0; i < 65_300; i++) edit.addSection({ name: '.x', type: SHT.PROGBITS });
    const last = edit.addSection({ name: '.y', type: SHT.PROGBITS, contents: Uint8Array.of(1, 2) });
    edit.symbols.add({ name: 'high', section: last.index });
    const after = readElf(edit.write());
    expect(verifyElf(after)).toEqual([]);
    expect(after.symbols?.get(1).sectionIndex).toBe(last.index);
    const text = runOn(after.bytes, 'readelf', '-hsW');
    expect(facts.ourHeader(after)).toEqual(facts.parseHeader(text));
    expect(facts.ourSymbols(after, after.symbols)).toEqual(facts.parseSymbols(text, '.symtab'));
  });
});

describe('compressed sections', () => {
  const source = 'struct s { int a, b; } x; int f(struct s *p) { return p->a; }';
  it.each(['zlib', 'zlib-gnu'])('%s: what objcopy unpacks', (form) => {
    const packed = readElf(compile(source, '-g', `-gz=${form}`));
    const plain = withDirectory((directory) => {
      const path = join(directory, 'a.o');
      writeFileSync(path, packed.bytes);
      run('objcopy', ['--decompress-debug-sections', path]);
      return readElf(readFileSync(path));
    });
    const compressed = packed.sections.filter((s) => compressionOf(s) !== undefined);
    expect(compressed.length).toBeGreaterThan(0);
    for (const section of compressed) {
      expect(section.has(SHF.COMPRESSED)).toBe(form === 'zlib');
      const other = sectionOf(plain, section.name.replace('.zdebug', '.debug'));
      expect(compressionOf(section)).toMatchObject({ typeName: 'ELFCOMPRESS_ZLIB', size: other.size });
      expect(Buffer.compare(unpackedContents(section), other.contents)).toBe(0);
    }
    expect(() => new ElfEdit(packed).section(compressed[0]?.index ?? 0).append(Uint8Array.of(1))).toThrow(
      /UKL1042/,
    );
    expect(verifyElf(packed)).toEqual([]);
  });

  it('zstd: recognised, and refused by name', () => {
    const header = new Uint8Array(24);
    new DataView(header.buffer).setUint32(0, 2, true);
    const contents = Buffer.concat([header, Buffer.from('(\xb5/\xfd', 'latin1')]);
    const edit = new ElfEdit(emptyObject());
    edit.addSection({ name: '.debug_info', type: SHT.PROGBITS, flags: SHF.COMPRESSED, contents });
    const section = sectionOf(readElf(edit.write(), { file: 'z.o' }), '.debug_info');
    expect(compressionOf(section)?.typeName).toBe('ELFCOMPRESS_ZSTD');
    expect(() => unpackedContents(section)).toThrow(/UKL1022.*ELFCOMPRESS_ZSTD/);
  });

  it.each([
    ['a promise no deflate can keep', 1n << 40n],
    ['a size that is too small', 3n],
  ])('zlib with %s', (_, size) => {
    const packed = readElf(compile(source, '-g', '-gz=zlib'));
    const section = packed.sections.find((s) => s.has(SHF.COMPRESSED));
    const edit = new ElfEdit(packed);
    const bytes = edit.section(section?.index ?? 0).writable();
    new DataView(bytes.buffer).setBigUint64(8, size, true);
    const damaged = readElf(edit.write()).section(section?.index ?? 0);
    expect(() => unpackedContents(damaged)).toThrow(/UKL1023/);
  });
});

describe('mergeable sections', () => {
  it('strings, also of wide characters, and constants', () => {
    const elf = readElf(
      compile(
        '#include <wchar.h>\nconst char *a = "one", *b = ""; const wchar_t *c = L"wide"; double f(double x) { return x * 3.25; }',
      ),
    );
    const strings = sectionOf(elf, '.rodata.str1.1');
    const text = [...mergeablePieces(strings)].map(({ start, end }) =>
      Buffer.from(strings.contents.subarray(start, end - 1)).toString(),
    );
    expect(text.sort()).toEqual(['', 'one']);
    const wide = sectionOf(elf, '.rodata.str4.4');
    expect([...mergeablePieces(wide)]).toEqual([{ start: 0, end: 20 }]);
    expect(mergeablePieceAt(wide, 9)).toEqual({ start: 0, end: 20 });
    expect([...mergeablePieces(sectionOf(elf, '.rodata.cst8'))]).toEqual([{ start: 0, end: 8 }]);
  });

  it('the piece of an offset inside a string', () => {
    const edit = new ElfEdit(emptyObject());
    const contents = Buffer.from('ab\0\0cde\0');
    const flags = SHF.MERGE | SHF.STRINGS;
    edit.addSection({ name: '.s', type: SHT.PROGBITS, flags, contents, entrySize: 1 });
    const section = sectionOf(readElf(edit.write()), '.s');
    expect([...mergeablePieces(section)].map((p) => [p.start, p.end])).toEqual([
      [0, 3],
      [3, 4],
      [4, 8],
    ]);
    expect([0, 1, 2, 3, 4, 7].map((o) => mergeablePieceAt(section, o).start)).toEqual([0, 0, 0, 3, 4, 4]);
    expect(() => mergeablePieceAt(section, 8)).toThrow(/UKL1025/);
  });
});

describe('dynamic files', () => {
  it('versions with their inheritance, and what they need', () => {
    const library = withDirectory((directory) => {
      writeFileSync(join(directory, 'a.map'), 'V1 { global: f; local: *; }; V2 { } V1;\n');
      const source = '__asm__(".symver f1,f@V1"); __asm__(".symver f2,f@@V2"); #include <stdio.h>\n';
      const code = 'int f1(void) { return puts("x"); } int f2(void) { return 2; }';
      writeFileSync(join(directory, 'a.c'), source.replace(' #', '\n#') + code);
      const flags = [
        '-shared',
        '-fPIC',
        '-Wl,-soname,libx.so.1',
        '-Wl,--version-script=a.map',
        'a.c',
        '-o',
        'a.so',
      ];
      run('gcc', flags, directory);
      return readElf(readFileSync(join(directory, 'a.so')));
    });
    const versions = readVersions(library);
    expect(versions?.definitions.map((d) => [d.name, d.parents, d.isBase])).toEqual([
      ['libx.so.1', [], true],
      ['V1', [], false],
      ['V2', ['V1'], false],
    ]);
    expect(versions?.needs.map((n) => [n.file, n.name])).toContainEqual(['libc.so.6', 'GLIBC_2.2.5']);
    const dynamic = readDynamic(library);
    expect([dynamic?.needed, dynamic?.soname]).toEqual([['libc.so.6'], 'libx.so.1']);
  });

  it('are read without section headers', () => {
    const bytes = new Uint8Array(readFileSync('/lib/x86_64-linux-gnu/libm.so.6'));
    bytes.fill(0, 40, 48);
    bytes.fill(0, 58, 64);
    const elf = readElf(bytes);
    expect(elf.sections).toEqual([]);
    expect(readDynamic(elf)?.soname).toBe('libm.so.6');
    expect(Buffer.compare(new ElfEdit(elf).write(), bytes)).toBe(0);
  });
});

describe('names and numbers', () => {
  it('every relocation type that the system knows has the same number here', () => {
    const source = '#include <elf.h>\n';
    const macros = execFileSync('gcc', ['-E', '-dM', '-'], { input: source, encoding: 'utf8' });
    const known = [...macros.matchAll(/^#define (R_X86_64_\w+)\s+(\d+)$/gm)].filter(
      ([, n]) => n !== 'R_X86_64_NUM',
    );
    expect(known.length).toBeGreaterThan(38);
    expect(known.map(([, , type]) => relocationTypeName(Number(type))).sort()).toEqual(
      known.map(([, name]) => name).sort(),
    );
  });

  it('field sizes are what the assembler reserves', () => {
    const source =
      '.quad x\n.long x\n.word x\n.byte x\n.quad x-.\n.long x-.\n.word x-.\n.byte x-.\n.long x@gotpcrel\n';
    const elf = readElf(compile(source, '-x', 'assembler'));
    const [table] = elf.relocationTables();
    const fields = Array.from({ length: table?.length ?? 0 }, (_, i) => [
      table?.offset(i),
      relocationFieldSize(table?.type(i) ?? -1),
    ]);
    expect(fields).toEqual([
      [0, 8],
      [8, 4],
      [12, 2],
      [14, 1],
      [15, 8],
      [23, 4],
      [27, 2],
      [29, 1],
      [30, 4],
    ]);
    expect([R_X86_64.NONE, R_X86_64.TLSDESC, R_X86_64.TLSDESC_CALL, 999].map(relocationFieldSize)).toEqual([
      ...[0, 16, 0, undefined],
    ]);
  });

  it('unknown values are shown as numbers', () => {
    expect(constantName(SHT, 'SHT_', 0x12345)).toBe('SHT_0x12345');
    expect(relocationTypeName(200)).toBeUndefined();
  });

  it('kinds of files are told by their magic', () => {
    expect(
      ['\x7fELF', '!<arch>\n', '!<thin>\n', '#!/bin/sh\n', ''].map((s) => identify(Buffer.from(s, 'latin1'))),
    ).toEqual(['elf', 'archive', 'thin-archive', 'other', 'other']);
  });
});
