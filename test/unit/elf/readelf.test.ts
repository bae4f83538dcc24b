import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readArchive, type ElfFile } from '../../../src/elf/index.js';
import { archives, elvesOf, files, run, type CorpusFile } from './support/corpus.js';
import * as facts from './support/readelf.js';

/** Files of a corpus on disk, for tools that read them all in one run. */
class Corpus {
  readonly files: readonly CorpusFile[];
  readonly #directory: string;

  constructor(files: readonly CorpusFile[], directory: string) {
    this.files = files;
    this.#directory = directory;
    files.forEach(({ elf }, i) => writeFileSync(join(directory, `${i}.o`), elf.bytes));
  }

  /** Compares one kind of facts over all files; the first difference is shown in context. Returns how many facts there were. */
  compare(flag: string, theirs: (text: string) => facts.Facts, ours: (elf: ElfFile) => facts.Facts): number {
    const texts = this.#readelf(flag);
    expect(texts).toHaveLength(this.files.length);
    let count = 0;
    this.files.forEach(({ elf, label }, i) => {
      const expected = theirs(texts[i] ?? '');
      expect({ label, facts: ours(elf) }).toEqual({ label, facts: expected });
      count += expected.length;
    });
    return count;
  }

  /** readelf's output for each file, by one run of it. */
  #readelf(flag: string): string[] {
    const names = this.files.map((_, i) => `${i}.o`);
    const text = run('readelf', ['-W', flag, ...names], this.#directory);
    // With more than one file readelf prints "File: NAME" before each.
    return names.length === 1 ? [text] : text.split(/^File: .*\n/m).slice(1);
  }
}

const corpora: readonly (readonly [string, readonly string[]])[] = [
  ...archives.map((path) => [path, [path]] as const),
  ['programs, libraries and start-up objects', files],
];

describe.each(corpora)('readelf agrees on every file of %s', (_, paths) => {
  const directory = mkdtempSync(join(tmpdir(), 'ukl-readelf-'));
  const corpus = new Corpus([...paths.flatMap((path) => [...elvesOf(path)])], directory);
  afterAll(() => rmSync(directory, { recursive: true }));

  it('headers', () => {
    expect(corpus.compare('-h', facts.parseHeader, facts.ourHeader)).toBeGreaterThan(0);
  });
  it('sections', () => {
    expect(corpus.compare('-S', facts.parseSections, facts.ourSections)).toBeGreaterThan(0);
  });
  it('segments', () => {
    corpus.compare('-l', facts.parseSegments, facts.ourSegments);
  });
  it('symbols', () => {
    const both = (elf: ElfFile): facts.Facts => [
      ...facts.ourSymbols(elf, elf.symbols),
      ...facts.ourSymbols(elf, elf.dynamicSymbols),
    ];
    const parse = (text: string): facts.Facts => [
      ...facts.parseSymbols(text, '.symtab'),
      ...facts.parseSymbols(text, '.dynsym'),
    ];
    expect(corpus.compare('-s', parse, both)).toBeGreaterThan(0);
  });
  it('relocations', () => {
    expect(corpus.compare('-r', facts.parseRelocations, facts.ourRelocations)).toBeGreaterThan(0);
  });
  it('notes', () => {
    corpus.compare('-n', facts.parseNotes, facts.ourNotes);
  });
  it('dynamic sections', () => {
    corpus.compare('-d', facts.parseDynamic, facts.ourDynamic);
  });
  it('section groups', () => {
    corpus.compare('-g', facts.parseGroups, facts.ourGroups);
  });
});

describe.each(archives)('nm agrees on the symbol index of %s', (path) => {
  it('names and members', () => {
    const text = run('nm', ['--print-armap', path]);
    const [, armap = ''] = /^Archive index:\n([^]*?)\n\n/m.exec(text) ?? [];
    const expected = armap.split('\n');
    const index = readArchive(readFileSync(path)).symbolIndex() ?? [];
    expect(index.map(({ name, member }) => `${name} in ${member.name}`)).toEqual(expected);
  });
});
