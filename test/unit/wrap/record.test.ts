import { execFileSync } from 'node:child_process';
import { closeSync, copyFileSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { readArchive, writeArchive, type NewMember } from '../../../src/elf/index.js';
import { UklError } from '../../../src/errors/index.js';
import { RECORD_FORMAT, RECORD_MEMBER, type LinkRecord } from '../../../src/record/format.js';
import { readLinkRecord } from '../../../src/record/read.js';
import { appendSection } from '../../../src/wrap/append-section.js';
import { libraryName, isStartFile } from '../../../src/wrap/libraries.js';
import { sectionsOf, withoutRecord } from '../../support/wrappers.js';
import { Workshop } from '../link/corpus.js';

const shop = new Workshop();
afterAll(() => shop.remove());

const RECORD: LinkRecord = {
  format: RECORD_FORMAT,
  tool: '0.1.0',
  linker: 'ld',
  folder: '/',
  args: ['a.o'],
  inputs: [{ kind: 'own', path: 'a.o', key: 'a'.repeat(64), size: 1, member: 1 }],
  needed: [],
};

function archiveOf(record: unknown, name = RECORD_MEMBER) {
  const members: NewMember[] = [
    { name, data: Buffer.from(typeof record === 'string' ? record : JSON.stringify(record)) },
    { name: 'a.o', data: Buffer.from('a') },
  ];
  return readArchive(writeArchive(members, { index: false }), { file: 'program' });
}

describe('a record', () => {
  it('is read as it was written', () => {
    expect(readLinkRecord(archiveOf(RECORD))).toEqual(RECORD);
  });

  it.each([
    ['of a newer format', { ...RECORD, format: RECORD_FORMAT + 1, inputs: 'other' }, 'UKL2032'],
    ['that is no JSON', '{', 'UKL2033'],
    ['without inputs', { ...RECORD, inputs: undefined }, 'UKL2033'],
    [
      'with a key that is no digest',
      { ...RECORD, inputs: [{ ...RECORD.inputs[0], key: '../x' }] },
      'UKL2033',
    ],
    ['of a member that is not there', { ...RECORD, inputs: [{ ...RECORD.inputs[0], member: 2 }] }, 'UKL2033'],
    [
      'of such a member in a script',
      { ...RECORD, inputs: [{ kind: 'script', path: 's', inputs: [{ ...RECORD.inputs[0], member: 7 }] }] },
      'UKL2033',
    ],
  ])('%s is refused', (_, record, code) => {
    expect(() => readLinkRecord(archiveOf(record))).toThrow(UklError);
    expect(() => readLinkRecord(archiveOf(record))).toThrow(code);
  });

  it('must come first', () => {
    expect(() => readLinkRecord(archiveOf(RECORD, 'other.json'))).toThrow('UKL2033');
  });
});

describe('a section that is added', () => {
  /** Adds a section to a copy of a program; gives the copy's path. */
  function add(original: string, name: string): { readonly path: string; readonly done: boolean } {
    const path = shop.path(`copy${name}`);
    copyFileSync(original, path);
    const fd = openSync(path, 'r+');
    try {
      return { path, done: appendSection(fd, statSync(path).size, name, Buffer.from('content')) };
    } finally {
      closeSync(fd);
    }
  }

  it('changes nothing else, and is what objcopy finds', () => {
    const { path, done } = add('/bin/true', '.ukl.test');
    expect(done).toBe(true);
    const plain = readFileSync('/bin/true');
    expect(withoutRecord(readFileSync(path), plain).equals(plain)).toBe(true);
    expect(sectionsOf(path)).toEqual([...sectionsOf('/bin/true'), '.ukl.test']);
    execFileSync('objcopy', ['--dump-section', `.ukl.test=${shop.path('dumped')}`, path, shop.path('again')]);
    expect(readFileSync(shop.path('dumped'), 'utf8')).toBe('content');
    execFileSync(path);
  });

  it('survives strip', () => {
    const { path } = add('/bin/true', '.ukl.kept');
    for (const option of ['--strip-debug', '--strip-unneeded', '--strip-all'])
      execFileSync('strip', [option, path]);
    expect(sectionsOf(path)).toContain('.ukl.kept');
    execFileSync(path);
  });

  it('is added once, and not to a file without section headers', () => {
    const { path } = add('/bin/true', '.ukl.once');
    expect(add(path, '.ukl.once').done).toBe(false);
    const bare = readFileSync('/bin/true');
    bare.fill(0, 0x3c, 0x40);
    writeFileSync(shop.path('bare'), bare);
    expect(add(shop.path('bare'), '.ukl.bare').done).toBe(false);
    expect(readFileSync(shop.path('copy.ukl.bare')).equals(bare)).toBe(true);
  });

  it('leaves the file as long as it was when it cannot be written', () => {
    const path = shop.path('short');
    copyFileSync('/bin/true', path);
    const { size } = statSync(path);
    const fd = openSync(path, 'r');
    try {
      expect(() => appendSection(fd, size, '.ukl.no', Buffer.from('x'))).toThrow();
    } finally {
      closeSync(fd);
    }
    expect(readFileSync(path).equals(readFileSync('/bin/true'))).toBe(true);
  });
});

it('libraries are known by their files’ names', () => {
  const names = [
    'libssl.so',
    'libssl.so.3',
    'libpython3.11.so.1.0',
    'libz.a',
    'libc.so.6',
    'plugin.so',
    'ld.so',
  ];
  expect(names.map((name) => libraryName(`/x/${name}`))).toEqual([
    ...['ssl', 'ssl', 'python3.11', 'z', 'c', undefined, undefined],
  ]);
});

it('start-up files are told from a program’s own', () => {
  const all = [
    'crt1.o',
    'Scrt1.o',
    'rcrt1.o',
    'gcrt1.o',
    'crti.o',
    'crtn.o',
    'crtbegin.o',
    'crtbeginS.o',
    'crtbeginT.o',
  ];
  expect([...all, 'crtend.o', 'crtendS.o'].filter((name) => !isStartFile(`/x/${name}`))).toEqual([]);
  expect(['crtfastmath.o', 'mycrt1.o', 'crt.o', 'main.o'].filter((name) => isStartFile(name))).toEqual([]);
});
