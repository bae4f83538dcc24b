import { readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UklError } from '../../../src/errors/index.js';
import {
  ElfEdit,
  R_X86_64,
  SHF,
  SHT,
  STB,
  STT,
  emptyObject,
  indexedSymbols,
  notesOf,
  readArchive,
  readElf,
  readGroups,
  rewrittenMember,
  verifyElf,
  writeArchive,
  type ElfFile,
} from '../../../src/elf/index.js';
import { archives, compile, run, runOn, withDirectory } from './support/corpus.js';

/** Links objects with gcc, runs the program and returns its exit status. */
function linkAndRun(objects: readonly Uint8Array[], ...flags: string[]): number | null {
  return withDirectory((directory) => {
    const names = objects.map((bytes, i) => {
      writeFileSync(join(directory, `${i}.o`), bytes);
      return `${i}.o`;
    });
    run('g++', [...names, ...flags, '-o', 'program'], directory);
    return spawnSync(join(directory, 'program')).status;
  });
}

/** The edited file, read again: sound by our own deep check, and read by readelf without a warning. */
function reread(edit: ElfEdit): ElfFile {
  const elf = readElf(edit.write());
  expect(verifyElf(elf)).toEqual([]);
  withDirectory((directory) => {
    const path = join(directory, 'edited.o');
    writeFileSync(path, elf.bytes);
    const { stderr, status } = spawnSync('readelf', ['-aW', path], { maxBuffer: 1 << 28, encoding: 'utf8' });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  });
  return elf;
}

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof UklError) return error.diagnostics.map((d) => d.code).join();
    throw error;
  }
  return 'nothing thrown';
};

const symbolNames = (elf: ElfFile): string[] => [...(elf.symbols ?? [])].map((s) => s.name);
const CALLER = 'int added(void); int main(void) { return added(); }';

describe('editing objects', () => {
  it('appends code with a relocation and a symbol; the program calls it', () => {
    const edit = new ElfEdit(readElf(compile('int base(void) { return 2; }')));
    const text = edit.findSection((s) => s.name === '.text');
    if (text === undefined) throw new Error('no .text');
    // call base; add $40, %eax; ret
    const code = Uint8Array.of(0xe8, 0, 0, 0, 0, 0x83, 0xc0, 40, 0xc3);
    const offset = text.append(code, 16, 0xcc);
    expect(offset % 16).toBe(0);
    const base = [...(edit.elf.symbols ?? [])].find((s) => s.name === 'base')?.index ?? 0;
    edit.relocations(text).add({ offset: offset + 1, type: R_X86_64.PLT32, symbol: base, addend: -4 });
    edit.symbols.add({
      name: 'added',
      type: STT.FUNC,
      section: text.index,
      value: offset,
      size: code.length,
    });
    const elf = reread(edit);
    expect(elf.sectionNamed('.rela.text')?.size).toBe(24);
    expect(linkAndRun([elf.bytes, compile(CALLER)])).toBe(42);
  });

  it('adds local symbols and renumbers what refers to symbols; exceptions and COMDAT groups still work', () => {
    const source = `template <class T> struct Box { T v; virtual ~Box() {} virtual T get() { if (v == 7) throw v; return v; } };
      static int hidden(int x) { return x * 2; }
      int (*volatile table[])(int) = { hidden };
      extern "C" int added(void) { Box<int> b; b.v = 7; try { return b.get(); } catch (int e) { return table[0](e); } }`;
    const before = readElf(compile(source, '-x', 'c++', '-fasynchronous-unwind-tables'));
    const edit = new ElfEdit(before);
    const first = edit.symbols.add({ name: 'note_a', binding: STB.LOCAL, section: 'absolute', value: 5 });
    const second = edit.symbols.add({ name: 'note_b', binding: STB.LOCAL, section: 'absolute', value: 6 });
    expect(second).toBe(first + 1);
    const elf = reread(edit);
    const { symbols } = elf;
    expect(symbols?.firstGlobal).toBe((before.symbols?.firstGlobal ?? 0) + 2);
    expect(symbols?.name((symbols.firstGlobal ?? 0) - 1)).toBe('note_b');
    expect(readGroups(elf).map((g) => g.signature)).toEqual(readGroups(before).map((g) => g.signature));
    const names = (file: ElfFile): string[] =>
      file
        .relocationTables()
        .flatMap((t) => Array.from({ length: t.length }, (_, i) => file.symbols?.name(t.symbol(i)) ?? ''));
    expect(names(elf)).toEqual(names(before));
    expect(linkAndRun([elf.bytes, compile(CALLER)])).toBe(14);
  });

  it('puts the relocations it adds to a group member into the group', () => {
    const source = '.section .text.f,"axG",@progbits,f,comdat\n.weak f\nf: .long 0\n ret\n';
    const edit = new ElfEdit(readElf(compile(source, '-x', 'assembler')));
    const text = edit.findSection((s) => s.name === '.text.f');
    if (text === undefined) throw new Error('no .text.f');
    const symbol = edit.symbols.add({ name: 'elsewhere' });
    edit.relocations(text).add({ offset: 0, type: R_X86_64.PC32, symbol, addend: 0 });
    const elf = reread(edit);
    const [group] = readGroups(elf);
    expect(group?.members.map((m) => elf.section(m).name)).toEqual(['.text.f', '.rela.text.f']);
    expect(runOn(elf.bytes, 'readelf', '-gW')).toContain('.rela.text.f');
  });

  it('adds a note that readelf shows', () => {
    const contents = new Uint8Array(16 + 8);
    const view = new DataView(contents.buffer);
    view.setUint32(0, 4, true);
    view.setUint32(4, 8, true);
    view.setUint32(8, 1, true);
    contents.set(Buffer.from('ABC\0'), 12);
    const edit = new ElfEdit(readElf(compile('int x;')));
    edit.addSection({ name: '.note.abc', type: SHT.NOTE, flags: SHF.ALLOC, contents, align: 4 });
    const elf = reread(edit);
    expect(notesOf(elf).map((n) => [n.owner, n.type, n.descriptor.length])).toContainEqual(['ABC', 1, 8]);
    expect(runOn(elf.bytes, 'readelf', '-n')).toMatch(/ABC +0x00000008/);
  });

  it('keeps the offset of everything in front of the first change', () => {
    const before = readElf(compile('const char *f(void) { return "text"; } int g(void) { return f()[1]; }'));
    const edit = new ElfEdit(before);
    edit.symbols.prefixNames('prefix_', () => true);
    const after = reread(edit);
    const strings = before.symbols === undefined ? 0 : (before.sectionNamed('.strtab')?.offset ?? 0);
    const moved = before.sections.filter(
      (s) => s.offset < strings && after.section(s.index).offset !== s.offset,
    );
    expect(moved.map((s) => s.name)).toEqual([]);
  });

  it('makes an object from nothing', () => {
    const edit = new ElfEdit(emptyObject());
    const contents = Uint8Array.of(0xb8, 33, 0, 0, 0, 0xc3);
    const flags = SHF.ALLOC | SHF.EXECINSTR;
    const text = edit.addSection({ name: '.text', type: SHT.PROGBITS, flags, contents, align: 16 });
    edit.addSection({ name: '.note.GNU-stack', type: SHT.PROGBITS });
    edit.symbols.add({ name: 'added', type: STT.FUNC, section: text.index, size: contents.length });
    expect(linkAndRun([reread(edit).bytes, compile(CALLER)])).toBe(33);
  });

  it('renames symbols whose string table also names the sections', () => {
    const elf = readElf(
      shareStringTable(compile('int one(void) { return 1; } int two(void) { return one(); }')),
    );
    const edit = new ElfEdit(elf);
    edit.symbols.prefixNames('p_', (i) => elf.symbols?.type(i) === STT.FUNC);
    const [handle] = [...(elf.symbols ?? [])].filter((s) => s.name === 'two').map((s) => s.index);
    edit.symbols.setName(handle ?? 0, 'deux');
    const after = readElf(edit.write());
    expect(verifyElf(after)).toEqual([]);
    expect(after.sections.map((s) => s.name)).toEqual(elf.sections.map((s) => s.name));
    expect(symbolNames(after)).toEqual(
      symbolNames(elf).map((n) => (n === 'one' ? 'p_one' : n === 'two' ? 'deux' : n)),
    );
  });

  it('renumbers SHT_LLVM_ADDRSIG', () => {
    const elf = readElf(compile('int a, b, c;'));
    const global = elf.symbols?.firstGlobal ?? 0;
    const first = new ElfEdit(elf);
    const contents = Uint8Array.of(global, global + 2);
    const link = first.symbols.section.index;
    first.addSection({ name: '.llvm_addrsig', type: SHT.LLVM_ADDRSIG, flags: SHF.EXCLUDE, contents, link });
    const edit = new ElfEdit(readElf(first.write()));
    for (let i = 0; i < 200; i++)
      edit.symbols.add({ name: `l${i}`, binding: STB.LOCAL, section: 'absolute' });
    const after = readElf(edit.write());
    const index = global + 200;
    const uleb = (n: number): number[] => [(n & 0x7f) | 0x80, n >> 7];
    expect([...(after.sectionNamed('.llvm_addrsig')?.contents ?? [])]).toEqual([
      ...uleb(index),
      ...uleb(index + 2),
    ]);
  });
});

/** Merges .shstrtab into .strtab, as LLVM writes objects. */
function shareStringTable(object: Uint8Array): Uint8Array {
  const elf = readElf(object);
  const strings = elf.sectionNamed('.strtab');
  const names = elf.section(elf.header.shstrndx);
  if (strings === undefined) throw new Error('no .strtab');
  const edit = new ElfEdit(elf);
  edit.section(strings.index).append(names.contents);
  const bytes = edit.write();
  const view = new DataView(bytes.buffer);
  const at = Number(view.getBigUint64(40, true));
  for (let i = 1; i < elf.sections.length; i++) {
    view.setUint32(at + i * 64, view.getUint32(at + i * 64, true) + strings.size, true);
  }
  view.setUint16(62, strings.index, true);
  return bytes;
}

describe('prefixing a whole archive agrees with GNU objcopy', () => {
  it.each(archives)('%s', (path) => {
    const members = readArchive(readFileSync(path)).members.map((member) => {
      const edit = new ElfEdit(readElf(member.data, member.origin));
      edit.symbols.prefixNames('ukl_', () => true);
      const bytes = edit.write();
      return rewrittenMember(member, bytes, indexedSymbols(readElf(bytes, member.origin)));
    });
    const [ours, theirs] = withDirectory((directory) => {
      const written = join(directory, 'ours.a');
      writeFileSync(written, writeArchive(members));
      run('objcopy', ['--prefix-symbols=ukl_', path, 'theirs.a'], directory);
      const symbols = (file: string): string =>
        run('nm', ['-a', '--print-armap', '--format=posix', file], directory).replaceAll(/^\S+\.a\[/gm, '[');
      return [symbols('ours.a'), symbols('theirs.a')];
    });
    expect(ours.length).toBeGreaterThan(100);
    // Compared as a whole: a difference of two texts of a megabyte would take minutes to show.
    expect(firstDifference(ours, theirs)).toBeUndefined();
  });
});

/** The first line in which two texts differ, as a pair. */
function firstDifference(a: string, b: string): [string | undefined, string | undefined] | undefined {
  if (a === b) return undefined;
  const [left, right] = [a.split('\n'), b.split('\n')];
  const at = left.findIndex((line, i) => line !== right[i]);
  return [left[at], right[at]];
}

describe('editing programs', () => {
  const program = withDirectory((directory) => {
    const source = '#include <stdio.h>\nint main(void) { puts("before"); return 3; }';
    writeFileSync(join(directory, 'a.c'), source);
    run('gcc', ['-O1', 'a.c', '-o', 'a'], directory);
    return readFileSync(join(directory, 'a'));
  });
  const execute = (bytes: Uint8Array): { stdout: string; status: number | null } =>
    withDirectory((directory) => {
      const path = join(directory, 'program');
      writeFileSync(path, bytes, { mode: 0o755 });
      const { stdout, status } = spawnSync(path, { encoding: 'utf8' });
      return { stdout, status };
    });

  it('patches loaded bytes in place', () => {
    const elf = readElf(program);
    const edit = new ElfEdit(elf);
    const rodata = edit.findSection((s) => s.name === '.rodata');
    const bytes = rodata?.writable() ?? new Uint8Array(0);
    Buffer.from(bytes.buffer).write('after!', Buffer.from(bytes).indexOf('before'));
    expect(execute(edit.write())).toEqual({ stdout: 'after!\n', status: 3 });
  });

  it('renames all symbols, which no segment loads', () => {
    const elf = readElf(program);
    const edit = new ElfEdit(elf);
    edit.symbols.prefixNames('a_rather_long_prefix_', () => true);
    const written = edit.write();
    expect(runOn(written, 'nm')).toContain('T a_rather_long_prefix_main');
    expect(execute(written)).toEqual({ stdout: 'before\n', status: 3 });
  });

  it('refuses to let a loaded section grow, names it, and writes nothing', () => {
    const edit = new ElfEdit(readElf(program, { file: 'a.out' }));
    edit.findSection((s) => s.name === '.text')?.append(Uint8Array.of(0x90));
    try {
      edit.write();
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof UklError)) throw error;
      expect(error.diagnostics).toMatchObject([{ code: 'UKL1040', file: 'a.out', section: '.text' }]);
    }
  });

  it('changes program headers and the entry point', () => {
    const elf = readElf(program);
    const edit = new ElfEdit(elf);
    const stack = elf.segments.find((s) => s.typeName === 'PT_GNU_STACK');
    edit.setSegment(stack?.index ?? -1, { flags: 7 });
    edit.setEntry(0x1234n);
    const text = runOn(edit.write(), 'readelf', '-lhW');
    expect(text).toMatch(/GNU_STACK.*RWE/);
    expect(text).toMatch(/Entry point address: +0x1234/);
    expect(codeOf(() => new ElfEdit(elf).setSegment(99, {}))).toBe('UKL1026');
  });
});

describe('edits that cannot be are refused', () => {
  const object = readElf(compile('int x = 1; int zero[10]; int f(void) { return x; }'));
  it.each([
    ['a section that is not there', 'UKL1008', (e: ElfEdit): unknown => e.section(999)],
    [
      'contents of .bss',
      'UKL1042',
      (e: ElfEdit): unknown => e.findSection((s) => s.name === '.bss')?.append(Uint8Array.of(1)),
    ],
    ['a size apart from the contents', 'UKL1042', (e: ElfEdit): unknown => (e.section(1).size = 3)],
    ['an alignment of 3', 'UKL1016', (e: ElfEdit): unknown => (e.section(1).align = 3)],
    [
      'a symbol that is not there',
      'UKL1012',
      (e: ElfEdit): unknown => {
        e.symbols.setName(9999, 'x');
        return 0;
      },
    ],
    [
      'a relocation that is not there',
      'UKL1013',
      (e: ElfEdit): unknown => e.relocations(e.section(1)).type(9999),
    ],
    [
      'a group that is none',
      'UKL1042',
      (e: ElfEdit): unknown => {
        e.addToGroup(e.section(1), e.section(2));
        return 0;
      },
    ],
    ['writing twice', 'UKL1042', (e: ElfEdit): unknown => [e.write(), e.write()]],
  ])('%s', (_, code, action) => {
    expect(codeOf(() => action(new ElfEdit(object)))).toBe(code);
  });

  it('sets the size of .bss, which has no contents', () => {
    const edit = new ElfEdit(object);
    const bss = edit.findSection((s) => s.name === '.bss');
    if (bss === undefined) throw new Error('no .bss');
    bss.size = 4096;
    expect(reread(edit).sectionNamed('.bss')?.size).toBe(4096);
  });
});
