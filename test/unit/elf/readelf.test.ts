import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readArchive, type ElfFile } from '../../../src/elf/index.js';
import { archives, elvesOf, files, run, sampleOf, withDirectory, type CorpusFile } from './support/corpus.js';
import * as facts from './support/readelf.js';

/** readelf's output for each of many files, by one run of it. */
function readelf(corpus: readonly CorpusFile[], ...flags: string[]): string[] {
  return withDirectory((directory) => {
    const names = corpus.map(({ elf }, i) => {
      const name = `${i}.o`;
      writeFileSync(join(directory, name), elf.bytes);
      return name;
    });
    // A second file makes readelf print "File: NAME" before each.
    const text = run('readelf', ['-W', ...flags, ...names, '/dev/null'].slice(0, -1), directory);
    if (names.length === 1) return [text];
    return text.split(/^File: .*\n/m).slice(1);
  });
}

/** Compares one kind of facts over all files of a corpus; the first difference is shown in context. */
function compare(
  corpus: readonly CorpusFile[],
  flags: string[],
  theirs: (text: string) => facts.Facts,
  ours: (elf: ElfFile) => facts.Facts,
): number {
  const texts = readelf(corpus, ...flags);
  expect(texts).toHaveLength(corpus.length);
  let count = 0;
  corpus.forEach(({ elf, label }, i) => {
    const expected = theirs(texts[i] ?? '');
    expect({ label, facts: ours(elf) }).toEqual({ label, facts: expected });
    count += expected.length;
  });
  return count;
}

const corpora: readonly (readonly [string, () => CorpusFile[]])[] = [
  ...archives.map((path) => [path, (): CorpusFile[] => sampleOf(path, 25)] as const),
  ['programs, libraries and start-up objects', (): CorpusFile[] => files.flatMap((f) => [...elvesOf(f)])],
];

describe.each(corpora)('readelf agrees on %s', (_, load) => {
  const corpus = load();
  it('headers', () => {
    expect(compare(corpus, ['-h'], facts.parseHeader, facts.ourHeader)).toBeGreaterThan(0);
  });
  it('sections', () => {
    expect(compare(corpus, ['-S'], facts.parseSections, facts.ourSections)).toBeGreaterThan(0);
  });
  it('segments', () => {
    compare(corpus, ['-l'], facts.parseSegments, facts.ourSegments);
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
    expect(compare(corpus, ['-s'], parse, both)).toBeGreaterThan(0);
  });
  it('relocations', () => {
    expect(compare(corpus, ['-r'], facts.parseRelocations, facts.ourRelocations)).toBeGreaterThan(0);
  });
  it('notes', () => {
    compare(corpus, ['-n'], facts.parseNotes, facts.ourNotes);
  });
  it('dynamic sections', () => {
    compare(corpus, ['-d'], facts.parseDynamic, facts.ourDynamic);
  });
  it('section groups', () => {
    compare(corpus, ['-g'], facts.parseGroups, facts.ourGroups);
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
