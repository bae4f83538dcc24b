import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  identify,
  indexedSymbols,
  readArchive,
  readElf,
  rewrittenMember,
  writeArchive,
  type Archive,
  type NewMember,
} from '../../../src/elf/index.js';
import { compile, run, withDirectory } from './support/corpus.js';

const objects: readonly (readonly [string, Uint8Array])[] = [
  [
    'a.o',
    compile('int a(void) { return 1; } static int hidden(void) { return 2; } int (*p)(void) = hidden;'),
  ],
  ['fifteen_bytes.o', compile('__attribute__((weak)) int w; int common_one[3];', '-fcommon')],
  ['sixteen_bytes_.o', compile('int f16;')],
  ['a_name_much_longer_than_sixteen_bytes.o', compile('extern int a(void); int b(void) { return a(); }')],
  ['odd.o', Uint8Array.of(1, 2, 3)],
];

/** Puts the objects into a directory and lets an archiver make an archive of them there. */
function archiveBy(use: (directory: string, names: string[]) => void, file = 'lib.a'): Uint8Array {
  return withDirectory((directory) => {
    for (const [name, bytes] of objects) writeFileSync(join(directory, name), bytes);
    use(
      directory,
      objects.map(([name]) => name),
    );
    return readFileSync(join(directory, file));
  });
}

const newMembers = (): NewMember[] =>
  objects.map(([name, data]) => ({
    name,
    data,
    symbols: identify(data) === 'elf' ? indexedSymbols(readElf(data)) : [],
  }));

const contentsOf = (archive: Archive): unknown =>
  archive.members.map((m) => [m.name, m.size, Buffer.from(m.data).toString('base64')]);
const expectedContents = objects.map(([name, b]) => [name, b.length, Buffer.from(b).toString('base64')]);
const indexOf = (archive: Archive): string[] =>
  (archive.symbolIndex() ?? []).map(({ name, member }) => `${name} in ${member.name}`);
const expectedIndex = [
  ...[
    'a in a.o',
    'p in a.o',
    'common_one in fifteen_bytes.o',
    'w in fifteen_bytes.o',
    'f16 in sixteen_bytes_.o',
  ],
  'b in a_name_much_longer_than_sixteen_bytes.o',
];

describe('reading archives that others made', () => {
  it.each([
    ['GNU ar', 'gnu', 'ar', ['rcD']],
    ['llvm-ar, GNU format', 'gnu', 'llvm-ar', ['--format=gnu', 'rcD']],
    ['llvm-ar, BSD format', 'bsd', 'llvm-ar', ['--format=bsd', 'rcD']],
    ['llvm-ar, Darwin format', 'bsd', 'llvm-ar', ['--format=darwin', 'rcD']],
  ])('%s', (_, format, tool, flags) => {
    const archive = readArchive(archiveBy((cwd, names) => run(tool, [...flags, 'lib.a', ...names], cwd)));
    expect(archive.format).toBe(format);
    expect(archive.thin).toBe(false);
    // Darwin's format pads members to eight bytes and counts the padding.
    if (!flags.includes('--format=darwin')) expect(contentsOf(archive)).toEqual(expectedContents);
    expect(archive.members.map((m) => m.name)).toEqual(objects.map(([name]) => name));
    expect(indexOf(archive).sort()).toEqual([...expectedIndex].sort());
  });

  it('a 64-bit index', () => {
    const bytes = archiveBy((directory, names) => {
      const env = { ...process.env, SYM64_THRESHOLD: '0' };
      expect(spawnSync('llvm-ar', ['rcD', 'lib.a', ...names], { cwd: directory, env }).status).toBe(0);
    });
    const archive = readArchive(bytes);
    expect(archive.specials.map((s) => s.kind)).toContain('index64');
    expect(indexOf(archive)).toEqual(expectedIndex);
  });

  it('no index', () => {
    const archive = readArchive(archiveBy((cwd, names) => run('ar', ['rcSD', 'lib.a', ...names], cwd)));
    expect(archive.symbolIndex()).toBeUndefined();
    expect(contentsOf(archive)).toEqual(expectedContents);
  });

  it('a thin archive: names and index, but no contents', () => {
    const bytes = archiveBy((directory) => {
      mkdirSync(join(directory, 'sub'));
      writeFileSync(join(directory, 'sub', 'c.o'), objects[0]?.[1] ?? '');
      run('ar', ['rcDT', 'lib.a', 'sixteen_bytes_.o', 'sub/c.o'], directory);
    });
    expect(identify(bytes)).toBe('thin-archive');
    const archive = readArchive(bytes, { file: 'lib.a' });
    expect(archive.thin).toBe(true);
    expect(archive.members.map((m) => m.name)).toEqual(['sixteen_bytes_.o', 'sub/c.o']);
    expect(indexOf(archive)).toEqual(['f16 in sixteen_bytes_.o', 'a in sub/c.o', 'p in sub/c.o']);
    expect(() => archive.members[0]?.data).toThrow(/UKL1033/);
  });

  it('a thin archive of a normal one says where in it the members are', () => {
    const bytes = archiveBy((directory) => {
      run('ar', ['rcD', 'inner.a', 'a.o', 'sixteen_bytes_.o'], directory);
      run('ar', ['rcDT', 'lib.a', 'inner.a'], directory);
    });
    const [first, second] = readArchive(bytes).members;
    expect(first?.name).toBe('inner.a');
    expect(first?.nestedOffset).toBeGreaterThan(0);
    expect(second?.nestedOffset).toBeGreaterThan(first?.nestedOffset ?? 0);
  });

  it('an empty one', () => {
    expect(readArchive(Buffer.from('!<arch>\n')).members).toEqual([]);
  });
});

describe('writing archives', () => {
  it('GNU: the bytes that ar writes', () => {
    const theirs = archiveBy((cwd, names) => run('ar', ['rcD', 'lib.a', ...names], cwd));
    expect(Buffer.compare(writeArchive(newMembers()), theirs)).toBe(0);
  });

  it('thin: the bytes that ar writes', () => {
    const bytes = archiveBy((cwd, names) => run('ar', ['rcDT', 'lib.a', ...names], cwd));
    const theirs = Buffer.from(bytes).toString('latin1');
    // Of a 15-byte name, GNU ar leaves the "/" behind in a field that holds a number. Read it so, but do not write it.
    expect(theirs).toContain('/5             /0');
    expect(readArchive(bytes).members.map((m) => m.name)).toEqual(objects.map(([n]) => n));
    const ours = Buffer.from(writeArchive(newMembers(), { thin: true })).toString('latin1');
    expect(ours).toBe(theirs.replace('/5             /0', '/5              0'));
  });

  it('BSD: what GNU ar and nm, llvm-ar and we read back', () => {
    const bytes = writeArchive(newMembers(), { format: 'bsd' });
    const archive = readArchive(bytes);
    expect(archive.format).toBe('bsd');
    expect(contentsOf(archive)).toEqual(expectedContents);
    expect(indexOf(archive)).toEqual(expectedIndex);
    withDirectory((directory) => {
      const path = join(directory, 'lib.a');
      writeFileSync(path, bytes);
      expect(run('ar', ['t', path]).trim().split('\n')).toEqual(objects.map(([name]) => name));
      const armap = run('nm', ['--print-armap', path]);
      expect(expectedIndex.filter((line) => !armap.includes(line))).toEqual([]);
      expect(run('llvm-ar', ['p', path, 'sixteen_bytes_.o'])).toContain('ELF');
    });
  });

  it('ld takes members from it by its index', () => {
    withDirectory((directory) => {
      writeFileSync(join(directory, 'lib.a'), writeArchive(newMembers().slice(0, 4)));
      writeFileSync(join(directory, 'main.o'), compile('int b(void); int main(void) { return b() + 6; }'));
      run('gcc', ['main.o', 'lib.a', '-o', 'program'], directory);
      expect(spawnSync(join(directory, 'program')).status).toBe(7);
    });
  });

  it('keeps what was read of a member', () => {
    const bytes = archiveBy((cwd, names) => run('ar', ['rcU', 'lib.a', ...names], cwd));
    const archive = readArchive(bytes);
    const [member] = archive.members;
    if (member === undefined) throw new Error('no member');
    expect(member.header.date).toBeGreaterThan(1e9);
    const again = readArchive(writeArchive([rewrittenMember(member, member.data)])).members[0];
    expect({ ...again?.header, rawName: '' }).toEqual({ ...member.header, rawName: '' });
  });

  it.each([
    ['an empty name', { name: '', data: new Uint8Array(0) }, {}],
    ['a line end in a name', { name: 'a\nb', data: new Uint8Array(0) }, {}],
    ['a thin BSD archive', { name: 'a.o', data: new Uint8Array(0) }, { thin: true, format: 'bsd' as const }],
  ])('refuses %s', (_, member, options) => {
    expect(() => writeArchive([member], options)).toThrow(/UKL1034/);
  });
});
