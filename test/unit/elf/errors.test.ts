import { describe, expect, it } from 'vitest';
import { UklError, elfErrors, type Diagnostic } from '../../../src/errors/index.js';
import {
  ElfEdit,
  SHT,
  emptyObject,
  notesOf,
  readArchive,
  readDynamic,
  readElf,
  readGroups,
  verifyElf,
  type ElfFile,
} from '../../../src/elf/index.js';
import { compile } from './support/corpus.js';

const object = compile('extern int g; int f(void) { return g; } const char *s = "text";');
const good = readElf(object);
const place = { file: 'bad.o' };

/** A copy of the object with one number changed. */
function patched(at: number, width: 1 | 2 | 4 | 8, value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(object);
  const view = new DataView(bytes.buffer);
  if (width === 8) view.setBigUint64(at, BigInt(value), true);
  else if (width === 4) view.setUint32(at, Number(value), true);
  else if (width === 2) view.setUint16(at, Number(value), true);
  else view.setUint8(at, Number(value));
  return bytes;
}

const sectionIndex = (name: string, file: ElfFile = good): number => file.sectionNamed(name)?.index ?? 0;
/** Offset of a field of a section's header. */
const field = (name: string, offset: number): number => good.header.shoff + sectionIndex(name) * 64 + offset;

function diagnosticsOf(action: () => unknown): readonly Diagnostic[] {
  try {
    action();
  } catch (error) {
    if (error instanceof UklError) return error.diagnostics;
    throw error;
  }
  return [];
}

const read = (bytes: Uint8Array): readonly Diagnostic[] => diagnosticsOf(() => readElf(bytes, place));
const ar = (text: string): Buffer => Buffer.from(`!<arch>\n${text}`, 'latin1');
const arHeader = (name: string, size: string, end = '`\n'): string =>
  `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'644'.padEnd(8)}${size.padEnd(10)}${end}`;
const readAr = (text: string): readonly Diagnostic[] =>
  diagnosticsOf(() => readArchive(ar(text), { file: 'bad.a' }).symbolIndex());

/** A file with one more section. */
function withSection(type: number, contents: Uint8Array, link = 0, info = 0): ElfFile {
  const edit = new ElfEdit(good);
  edit.addSection({ name: '.added', type, contents, link, info, align: 4 });
  return readElf(edit.write(), place);
}

describe('a file of another kind', () => {
  it.each([
    ['text', 'UKL1001', Buffer.from('int main(void) { return 0; }\n')],
    ['nothing', 'UKL1001', new Uint8Array(0)],
    ['32-bit', 'UKL1002', compile('int x;', '-m32', '-fno-pic')],
    ['big-endian', 'UKL1003', patched(5, 1, 2)],
    ['another machine', 'UKL1004', patched(18, 2, 183)],
    ['a core file', 'UKL1006', patched(16, 2, 4)],
    ['a class of its own', 'UKL1007', patched(4, 1, 7)],
    ['a byte order of its own', 'UKL1007', patched(5, 1, 7)],
    ['a version of its own', 'UKL1007', patched(20, 4, 2)],
    ['another header size', 'UKL1007', patched(52, 2, 52)],
    ['another section header size', 'UKL1007', patched(58, 2, 40)],
    ['sections nowhere', 'UKL1007', patched(40, 8, 0)],
    ['a section 0 that is one', 'UKL1007', patched(good.header.shoff + 4, 4, 1)],
  ])('%s', (_, code, bytes) => {
    expect(read(bytes)).toMatchObject([{ code, file: 'bad.o', severity: 'error' }]);
  });

  it('names the machine', () => {
    expect(read(patched(18, 2, 183))[0]?.message).toContain('EM_AARCH64');
  });
});

describe('a truncated file', () => {
  it.each([
    ['in its ident', 10, 'e_ident'],
    ['in its header', 63, 'the ELF header'],
    ['in its section headers', object.length - 1, 'the section header table'],
  ])('%s', (_, size, what) => {
    const [problem] = read(object.subarray(0, size));
    expect(problem).toMatchObject({ code: 'UKL1005', file: 'bad.o' });
    expect(problem?.message).toContain(what);
  });

  it('in a section: says which, where, how much is needed and how much is there', () => {
    const size = good.sectionNamed('.text')?.size ?? 0;
    const offset = object.length - 3;
    expect(read(patched(field('.text', 24), 8, offset))).toEqual([
      {
        code: 'UKL1005',
        severity: 'error',
        file: 'bad.o',
        section: '.text',
        offset,
        message: `truncated: the section at 0x${offset.toString(16)} needs ${size} bytes, 3 are there`,
        hint: expect.stringContaining('build it or copy it again') as string,
      },
    ]);
  });

  it('at any length is a catalogued error, never another exception', () => {
    for (let size = 0; size < object.length; size++) {
      expect(read(object.subarray(0, size)).length, `cut to ${size}`).toBeGreaterThan(0);
    }
  });
});

describe('a damaged section header', () => {
  it.each([
    ['sh_link beyond the sections', 'UKL1008', patched(field('.symtab', 40), 4, 999)],
    ['e_shstrndx beyond the sections', 'UKL1008', patched(62, 2, 999)],
    ['a symbol table without strings', 'UKL1009', patched(field('.symtab', 40), 4, sectionIndex('.text'))],
    ['relocations of no symbol table', 'UKL1009', patched(field('.rela.text', 40), 4, sectionIndex('.text'))],
    ['relocations for nothing', 'UKL1009', patched(field('.rela.text', 44), 4, 0)],
    ['names that are no string table', 'UKL1009', patched(62, 2, sectionIndex('.text'))],
    [
      'half a symbol',
      'UKL1011',
      patched(field('.symtab', 32), 8, (good.sectionNamed('.symtab')?.size ?? 0) - 1),
    ],
    ['symbols of another size', 'UKL1011', patched(field('.symtab', 56), 8, 16)],
    ['more locals than symbols', 'UKL1012', patched(field('.symtab', 44), 4, 999)],
    ['an alignment of 3', 'UKL1016', patched(field('.text', 48), 8, 3)],
    ['a .bss of 2^60 bytes', 'UKL1017', patched(field('.bss', 32), 8, 1n << 60n)],
  ])('%s', (_, code, bytes) => {
    expect(read(bytes).map((d) => d.code)).toEqual([code]);
  });

  it('two symbol tables', () => {
    const add = (): unknown => withSection(SHT.SYMTAB, new Uint8Array(24), sectionIndex('.strtab'));
    expect(diagnosticsOf(add)).toMatchObject([{ code: 'UKL1021', section: '.added' }]);
  });

  it('all problems of a file are reported together', () => {
    const bytes = patched(field('.text', 48), 8, 3);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(field('.data', 24), 1n << 40n, true);
    view.setBigUint64(field('.data', 32), 8n, true);
    view.setUint32(field('.symtab', 44), 999, true);
    expect(
      read(bytes)
        .map((d) => `${d.code} ${d.section}`)
        .sort(),
    ).toEqual(['UKL1005 .data', 'UKL1012 .symtab', 'UKL1016 .text']);
  });
});

describe('damage inside of tables', () => {
  const symtab = good.sectionNamed('.symtab')?.offset ?? 0;
  const rela = good.sectionNamed('.rela.text')?.offset ?? 0;
  const verify = (bytes: Uint8Array): readonly Diagnostic[] => verifyElf(readElf(bytes, place));
  it.each([
    ['a section name beyond the table', 'UKL1010', patched(field('.text', 0), 4, 0xfffff)],
    ['a symbol name beyond the table', 'UKL1010', patched(symtab + 24, 4, 0xfffff)],
    ['a symbol in a section that is not there', 'UKL1008', patched(symtab + 24 + 6, 2, 999)],
    ['a symbol that needs an index table', 'UKL1005', patched(symtab + 24 + 6, 2, 0xffff)],
    ['a symbol of 2^60 bytes', 'UKL1017', patched(symtab + 24 + 16, 8, 1n << 60n)],
    ['a relocation for a symbol that is not there', 'UKL1012', patched(rela + 12, 4, 999)],
    ['a relocation of no known type', 'UKL1015', patched(rela + 8, 4, 99)],
    ['a relocation outside of its section', 'UKL1014', patched(rela, 8, 0xfff)],
    [
      'a relocation that reaches out of its section',
      'UKL1014',
      patched(rela, 8, (good.sectionNamed('.text')?.size ?? 0) - 3),
    ],
  ])('%s', (_, code, bytes) => {
    expect(verify(bytes)).toMatchObject([{ code, file: 'bad.o' }]);
  });

  it.each([
    [
      'a note cut short',
      'UKL1019',
      SHT.NOTE,
      Uint8Array.of(4, 0, 0, 0, 99, 0, 0, 0, 1, 0, 0, 0, 65, 66, 67, 0),
    ],
    ['half a note header', 'UKL1019', SHT.NOTE, Uint8Array.of(4, 0, 0, 0)],
  ])('%s', (_, code, type, contents) => {
    expect(diagnosticsOf(() => notesOf(withSection(type, contents)))).toMatchObject([
      { code, section: '.added' },
    ]);
  });

  it.each([
    ['no flag word', new Uint8Array(0)],
    ['a member that is no section', Uint8Array.of(1, 0, 0, 0, 200, 0, 0, 0)],
  ])('a group with %s', (_, contents) => {
    const group = (): unknown => readGroups(withSection(SHT.GROUP, contents, sectionIndex('.symtab'), 1));
    expect(diagnosticsOf(group)).toMatchObject([{ code: 'UKL1018' }]);
  });

  it('a dynamic section without strings', () => {
    const contents = new Uint8Array(32);
    contents[0] = 1;
    const elf = withSection(SHT.DYNAMIC, contents, sectionIndex('.strtab'));
    expect(diagnosticsOf(() => readDynamic(elf)?.needed)).toMatchObject([{ code: 'UKL1024' }]);
  });

  it('symbol versions that point out of their table', () => {
    const contents = new Uint8Array(20);
    new DataView(contents.buffer).setUint32(12, 999, true);
    contents[6] = 1;
    const edit = new ElfEdit(emptyObject());
    const strings = edit.addSection({ name: '.s', type: SHT.STRTAB, contents: new Uint8Array(1) });
    const dynsym = edit.addSection({
      ...{ name: '.dynsym', type: SHT.DYNSYM, contents: new Uint8Array(24), link: strings.index },
    });
    edit.addSection({ name: '.v', type: SHT.GNU_VERSYM, contents: new Uint8Array(2), link: dynsym.index });
    edit.addSection({ name: '.d', type: SHT.GNU_VERDEF, contents, link: strings.index, info: 1 });
    expect(verifyElf(readElf(edit.write()))).toMatchObject([{ code: 'UKL1020', section: '.d' }]);
  });

  it('an index outside of a table', () => {
    expect(diagnosticsOf(() => good.symbols?.value(10_000))).toMatchObject([{ code: 'UKL1012' }]);
    expect(diagnosticsOf(() => good.symbols?.value(-1))).toMatchObject([{ code: 'UKL1012' }]);
    expect(diagnosticsOf(() => good.relocationTables()[0]?.offset(10_000))).toMatchObject([
      { code: 'UKL1013' },
    ]);
    expect(diagnosticsOf(() => good.section(10_000))).toMatchObject([{ code: 'UKL1008' }]);
  });
});

describe('a damaged archive', () => {
  it.each([
    ['a header cut short', 'UKL1005', 'a.o/'],
    ['a member cut short', 'UKL1005', `${arHeader('a.o/', '100')}abc`],
    ['no end mark', 'UKL1030', arHeader('a.o/', '0', '??')],
    ['a size in words', 'UKL1030', arHeader('a.o/', 'ten')],
    ['a size below zero', 'UKL1030', arHeader('a.o/', '-1')],
    ['a long name without a table', 'UKL1031', arHeader('/12', '0')],
    ['a long name beyond the table', 'UKL1031', `${arHeader('//', '4')}a/\n\n${arHeader('/12', '0')}`],
    [
      'a long name that is too long',
      'UKL1031',
      `${arHeader('//', '5000')}${'a'.repeat(5000)}${arHeader('/0', '0')}`,
    ],
    ['a BSD name longer than its member', 'UKL1031', `${arHeader('#1/20', '10')}0123456789`],
    ['an index cut short', 'UKL1032', `${arHeader('/', '4')}\0\0\0\x09`],
    ['an index that points nowhere', 'UKL1032', `${arHeader('/', '10')}\0\0\0\x01\0\0\0\x63x\0`],
    ['a BSD index cut short', 'UKL1032', `${arHeader('__.SYMDEF', '4')}\x08\0\0\0`],
  ])('%s', (_, code, text) => {
    expect(readAr(text)).toMatchObject([{ code, file: 'bad.a' }]);
  });

  it('names the member', () => {
    const archive = readArchive(ar(`${arHeader('a.o/', '3')}abc\n`), { file: 'bad.a' });
    const [member] = archive.members;
    expect(diagnosticsOf(() => readElf(member?.data ?? object, member?.origin))).toMatchObject([
      { code: 'UKL1001', file: 'bad.a', member: 'a.o' },
    ]);
  });
});

describe('the catalogue', () => {
  const sample = Object.values(elfErrors).map((make) => {
    const build = make as (...args: unknown[]) => Diagnostic;
    return build(place, 1, 1, 1, 1);
  });
  it('gives every error a code of its own and a hint', () => {
    const codes = sample.map((d) => d.code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(sample.filter((d) => !/^UKL1\d{3}$/.test(d.code) || (d.hint ?? '') === '')).toEqual([]);
    expect(sample.every((d) => d.file === 'bad.o')).toBe(true);
  });
});
