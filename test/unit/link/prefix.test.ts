import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ElfEdit, identify, readArchive, readElf, STT } from '../../../src/elf/index.js';
import { findToolchain } from '../../../src/inputs/index.js';
import { isLinkerName } from '../../../src/ld/index.js';
import {
  contentKey,
  prefixedName,
  RewriteCache,
  rewriteInputs,
  type RewriteInput,
} from '../../../src/rewrite/index.js';
import { CODE_MODELS, CXX_CC, HELLO_C, TLS_C, Workshop, WORDS_C, codeModels } from './corpus.js';

const shop = new Workshop();
let system: string[];
beforeAll(async () => {
  const { startFiles, endFiles, systemLibraries } = await findToolchain();
  const isObject = (path: string): boolean => identify(readFileSync(path)) !== 'other';
  system = [...startFiles, ...endFiles, ...systemLibraries].filter(isObject);
});
afterAll(() => shop.remove());

const run = (tool: string, ...args: string[]): string =>
  execFileSync(tool, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });

/** A file as the rewriter takes it. */
function input(path: string): RewriteInput {
  const bytes = readFileSync(path);
  return { path, key: contentKey([bytes]), size: bytes.length, bytes: () => bytes };
}

/** The rewritten form of a file, by path. */
async function rewritten(path: string): Promise<string> {
  const cache = new RewriteCache(shop.path('cache'));
  const { paths } = await rewriteInputs([input(path)], rewriting, cache);
  return paths.get(path) ?? '';
}

/** objcopy prefixes all names, source files included: undo that where the design says so. */
function asDesigned(nmLine: string): string {
  const [, head = '', type = '', name = ''] = /^(.{16} )(\S) (.*)$/.exec(nmLine) ?? [];
  if (type === '') return nmLine;
  const original = name.replace(/^ukl_/, '');
  const isLocal = /[a-z]/.test(type) && !/[uvw]/.test(type);
  return `${head}${type} ${!isLocal && isLinkerName(original) ? original : name}`;
}

/** `nm` of every member, without what it says the file is called. */
const symbolsOf = (path: string): string[] =>
  run('nm', '--no-sort', path)
    .split('\n')
    .filter((line) => !line.startsWith(path));

/** Headers, relocations, notes and groups of every member; nothing in them depends on where the tool put a section in the file. */
const restOf = (path: string): string[] =>
  run('readelf', '-rgnW', path)
    .split('\n')
    .filter((line) => !/^File:|at offset 0x/.test(line));

const corpus = (): string[] =>
  codeModels.flatMap((model) =>
    (
      [
        ['hello.c', HELLO_C],
        ['words.c', WORDS_C],
        ['tls.c', TLS_C],
        ['cxx.cc', CXX_CC],
      ] as const
    ).map(([name, source]) => shop.compile(name, source, CODE_MODELS[model])),
  );

/** Nothing but names changes. */
const rewriting = { syscalls: 'native' } as const;

describe('prefixing', () => {
  it('gives the symbols that objcopy --prefix-symbols gives, but for the names ld knows', async () => {
    for (const path of [...system, ...corpus()]) {
      const theirs = shop.path(`objcopy-${basename(path)}`);
      run('objcopy', '--prefix-symbols=ukl_', path, theirs);
      const ours = await rewritten(path);
      expect(symbolsOf(ours), path).toEqual(symbolsOf(theirs).map(asDesigned));
    }
  });

  it('changes nothing but names: sections, relocations, groups and notes stay', async () => {
    for (const path of [...system, ...corpus()]) {
      const strip = (line: string): string => line.replaceAll('ukl_', '');
      expect((await rewritten(path).then(restOf)).map(strip), path).toEqual(restOf(path).map(strip));
    }
  });

  it('keeps names of source files, sections and of nothing, and the bytes of every section', async () => {
    const path = shop.compile('words.c', WORDS_C);
    const before = readElf(readFileSync(path));
    const after = readElf(readFileSync(await rewritten(path)));
    expect(after.sections.map((s) => s.name)).toEqual(before.sections.map((s) => s.name));
    for (const section of before.sections) {
      if (['.symtab', '.strtab'].includes(section.name)) continue;
      expect(Buffer.from(after.section(section.index).contents), section.name).toEqual(
        Buffer.from(section.contents),
      );
    }
    const files = [...(after.symbols ?? [])].filter((s) => s.type === STT.FILE).map((s) => s.name);
    expect(files).toEqual(['words.c']);
  });

  it('names in the archive index are those of the members', async () => {
    for (const path of system.filter((name) => name.endsWith('.a'))) {
      const archive = readArchive(readFileSync(path));
      const after = readArchive(readFileSync(await rewritten(path)));
      const list = (a: typeof archive): string[] =>
        (a.symbolIndex() ?? []).map((s) => `${s.member.name} ${s.name}`);
      expect(list(after), path).toEqual(
        (archive.symbolIndex() ?? []).map((s) => `${s.member.name} ${prefixedName(s.name)}`),
      );
    }
  });

  it('knows the names that ld itself defines', () => {
    expect(['_end', '__start_sec', '_GLOBAL_OFFSET_TABLE_', '__tls_get_addr', ''].map(prefixedName)).toEqual([
      '_end',
      '__start_sec',
      '_GLOBAL_OFFSET_TABLE_',
      '__tls_get_addr',
      '',
    ]);
    expect(['end', 'main', '_start', '.LC0', '__stop_', 'x@@V'].map(prefixedName)).toEqual([
      'ukl_end',
      'ukl_main',
      'ukl__start',
      'ukl_.LC0',
      'ukl___stop_',
      'ukl_x@@V',
    ]);
  });
});

/** The rewritten files in a folder, without the lists of sites beside them. */
const rewrittenIn = (folder: string): string[] =>
  readdirSync(folder).filter((name) => !name.endsWith('.sites'));

describe('the cache of rewritten files', () => {
  it('makes each file once, however many ask at the same time, and never a half one', async () => {
    const folder = shop.path('concurrent');
    const path = system.find((name) => name.endsWith('libgcc.a')) ?? '';
    const results = await Promise.all(
      [1, 2, 3].map(() => rewriteInputs([input(path)], rewriting, new RewriteCache(folder))),
    );
    const files = rewrittenIn(folder);
    expect(files).toHaveLength(1);
    expect(new Set(results.map(({ paths }) => paths.get(path)))).toEqual(
      new Set([join(folder, files[0] ?? '')]),
    );
    expect(await rewriteInputs([input(path)], rewriting, new RewriteCache(folder))).toMatchObject({
      made: 0,
      madeBytes: 0,
    });
  });

  it('makes it again when the content changes, and leaves the input as it was', async () => {
    const cache = new RewriteCache(shop.path('changing'));
    const path = shop.compile('change.c', 'int a;');
    const first = readFileSync(path);
    const one = await rewriteInputs([input(path)], rewriting, cache);
    expect(readFileSync(path)).toEqual(first);
    const two = await rewriteInputs([input(shop.compile('change.c', 'int b;'))], rewriting, cache);
    expect(two.paths.get(path)).not.toBe(one.paths.get(path));
    expect(two.made).toBe(1);
  });

  it('forgets what no link has used for long, and remembers what one has', async () => {
    const folder = shop.path('old');
    const cache = (): RewriteCache => new RewriteCache(folder);
    const made = (n: number): string => shop.compile(`old${n}.c`, `int old${n};`);
    const pathOf = async (n: number): Promise<string> =>
      [...(await rewriteInputs([input(made(n))], rewriting, cache())).paths.values()][0] ?? '';
    const [unused, used] = [await pathOf(1), await pathOf(2)];
    const longAgo = Date.now() / 1000 - 30 * 24 * 3600;
    for (const path of [unused, used]) utimesSync(path, longAgo, longAgo);
    expect(await pathOf(2)).toBe(used);
    const added = await pathOf(3);
    expect(rewrittenIn(folder).sort()).toEqual([basename(used), basename(added)].sort());
    expect(statSync(used).mtimeMs).toBeGreaterThan(longAgo * 1000 + 1000);
  });

  it('says which folder it cannot write', async () => {
    const folder = shop.path('a-file');
    writeFileSync(folder, '');
    const path = shop.compile('w.c', 'int w;');
    const work = rewriteInputs([input(path)], rewriting, new RewriteCache(folder));
    await expect(work).rejects.toMatchObject({
      diagnostics: [{ code: expect.stringMatching(/^UKL600[45]$/) as string }],
    });
  });

  it('copies members that no link can take as they are', async () => {
    mkdirSync(shop.path('mixed'));
    const text = shop.path('mixed/notes.txt');
    writeFileSync(text, 'not an object\n');
    const foreign = shop.path('mixed/arm.o');
    const bytes = Buffer.from(new ElfEdit(readElf(readFileSync(shop.compile('f.c', 'int f;')))).write());
    bytes.writeUInt16LE(183, 18);
    writeFileSync(foreign, bytes);
    const archive = shop.archive('libmixed.a', [text, foreign, shop.compile('g.c', 'int g;')]);
    const after = readArchive(readFileSync(await rewritten(archive)));
    expect(after.members.map((m) => m.name).slice(0, 2)).toEqual(['notes.txt', 'arm.o']);
    expect(Buffer.from(after.members[0]?.data ?? []).toString()).toBe('not an object\n');
    expect(Buffer.from(after.members[1]?.data ?? [])).toEqual(bytes);
    expect(run('nm', await rewritten(archive))).toContain('ukl_g');
  });
});
