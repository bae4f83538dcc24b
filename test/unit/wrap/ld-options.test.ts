import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { UklError } from '../../../src/errors/index.js';
import { parseProgramArguments } from '../../../src/inputs/index.js';
import { mapSymbols, symbolsOf } from '../../../src/inputs/expression.js';
import { ldOption } from '../../../src/inputs/ld-options.js';
import { isFile, readLdWords } from '../../../src/inputs/ld-words.js';
import { expandResponseFiles } from '../../../src/inputs/response-files.js';
import { Workshop } from '../link/corpus.js';

const shop = new Workshop();
afterAll(() => shop.remove());

/** What `ld --help` says of an option: its name and whether a value belongs to it. */
function helpOf(): { readonly name: string; readonly dashes: string; readonly value: string }[] {
  const help = execFileSync('ld', ['--help'], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  // Behind these are the options of other machines' and systems' formats.
  const [ours = ''] = help.split('\nelf32_x86_64:');
  return ours.split('\n').flatMap((line) => {
    const [, options] = /^ {2}(-.*?)(?: {2,}.*)?$/.exec(line) ?? [];
    if (options === undefined || options.startsWith('-z ')) return [];
    return options.split(', ').flatMap((option) => {
      const [, dashes = '', name = '', value = ''] = /^(--?)([\w-]+|\(|\))(.*)$/.exec(option) ?? [];
      return name === ''
        ? []
        : [{ name, dashes, value: /^ ?(?:\[?=|=?[<[]|[A-Z]{3,}\b).*/.exec(value)?.[0].trim() ?? '' }];
    });
  });
}

describe('the table of ld’s options', () => {
  it('has every one that ld --help lists', () => {
    const listed = helpOf();
    expect(listed.length).toBeGreaterThan(200);
    expect(listed.filter(({ name }) => ldOption(name) === undefined)).toEqual([]);
  });

  it('knows which take values', () => {
    for (const { name, value } of helpOf()) {
      if (value === '') continue;
      const expected = /^(\[|=\[)/.test(value) ? ['joined', 'next'] : ['next', 'joined'];
      expect(expected, name).toContain(ldOption(name)?.value);
      if (!value.includes('[') && !value.startsWith('=')) expect(ldOption(name)?.value, name).toBe('next');
    }
  });
});

describe('ld’s words', () => {
  const read = (...words: string[]): [string, string | undefined][] =>
    [...readLdWords(words)].map((word) => [
      isFile(word) ? 'file' : (word.option?.effect ?? 'unknown'),
      word.value,
    ]);

  it.each([
    [
      ['-o', 'x', 'a.o'],
      [
        ['output', 'x'],
        ['file', 'a.o'],
      ],
    ],
    [['-omagic'], [['output', 'magic']]],
    [['--omagic'], [['none', undefined]]],
    [
      ['-lx', '-l', 'y', '--library=z', '-library', 'w'],
      [
        ['library', 'x'],
        ['library', 'y'],
        ['library', 'z'],
        ['library', 'w'],
      ],
    ],
    [
      ['-rpath', '/x', '-rpath=/y', '-r'],
      [
        ['none', '/x'],
        ['none', '/y'],
        ['relocatable', undefined],
      ],
    ],
    [
      ['--start-g', 'a.a', '--end-gr'],
      [
        ['start-group', undefined],
        ['file', 'a.a'],
        ['end-group', undefined],
      ],
    ],
    [
      ['-static', '-shared', '-soname', 'x'],
      [
        ['static', undefined],
        ['shared', undefined],
        ['none', 'x'],
      ],
    ],
    [
      ['-z', 'now', '-zmuldefs'],
      [
        ['z', 'now'],
        ['z', 'muldefs'],
      ],
    ],
    [
      ['-O1', '-O', 'a.o', '--build-id', 'b.o'],
      [
        ['none', '1'],
        ['none', undefined],
        ['file', 'a.o'],
        ['none', undefined],
        ['file', 'b.o'],
      ],
    ],
    [
      ['-plugin-opt=-pass-through=-lc', '-', '--s'],
      [
        ['none', '-pass-through=-lc'],
        ['file', '-'],
        ['unknown', undefined],
      ],
    ],
    [['-u', '-r'], [['undefined', '-r']]],
  ] as const)('%j', (words, expected) => {
    expect(read(...words)).toEqual(expected);
  });
});

describe('what options mean', () => {
  it('is kept with the program', () => {
    const words =
      '-Wl,--wrap=malloc,--defsym=a=b+1 --gc-sections -z muldefs -e start --require-defined=r -z noexecstack a.o';
    expect(parseProgramArguments(words.split(' '))).toMatchObject({
      wrapped: ['malloc'],
      defined: [{ name: 'a', expression: 'b+1' }],
      gcSections: true,
      multipleDefinitions: true,
      entry: 'start',
      wanted: ['r'],
      executableStack: false,
    });
  });

  it('--pop-state brings --whole-archive back', () => {
    const words = '--whole-archive a.a --push-state --no-whole-archive b.a --pop-state c.a';
    expect(parseProgramArguments(words.split(' ')).inputs).toEqual([
      { kind: 'whole-archive', on: true },
      { kind: 'file', path: 'a.a' },
      { kind: 'whole-archive', on: false },
      { kind: 'file', path: 'b.a' },
      { kind: 'whole-archive', on: true },
      { kind: 'file', path: 'c.a' },
    ]);
  });

  it.each([
    ['-T x.ld', 'UKL2030'],
    ['-r', 'UKL2030'],
    ['-shared', 'UKL2030'],
    ['-m elf_i386', 'UKL2030'],
    ['--oformat binary', 'UKL2030'],
    ['--unresolved-symbols=ignore-all', 'UKL2030'],
    ['-z undefs', 'UKL2030'],
    ['-R some.o', 'UKL2030'],
    ['--version', 'UKL2030'],
    ['--defsym x', 'UKL2031'],
  ])('%s is refused with %s', (words, code) => {
    expect(() => parseProgramArguments([...words.split(' '), 'a.o'])).toThrow(UklError);
    expect(() => parseProgramArguments([...words.split(' '), 'a.o'])).toThrow(code);
  });
});

it('expressions are taken apart as ld does', () => {
  const text = 'a + 0x10K * ADDR(.text) - "b c" ? _d.e : .';
  expect(symbolsOf(text)).toEqual(['a', 'b c', '_d.e']);
  expect(mapSymbols(text, (name) => `ukl_${name}`)).toBe(
    'ukl_a + 0x10K * ADDR(.text) - "ukl_b c" ? ukl__d.e : .',
  );
});

describe('response files', () => {
  it('are read with libiberty’s quotes and backslashes, also inside each other', () => {
    const inner = shop.path('inner.rsp');
    const outer = shop.path('outer.rsp');
    writeFileSync(inner, "-lc\n 'a b' \"c\\\"d\"\t e\\ f 'g\\'h' \"\" x'y'z");
    writeFileSync(outer, `-la @${inner} @/no/such/file @ -lz`);
    expect(expandResponseFiles(['first', `@${outer}`])).toEqual([
      ...['first', '-la', '-lc', 'a b', 'c"d', 'e f', "g'h", '', 'xyz', '@/no/such/file', '@', '-lz'],
    ]);
  });

  it('have the words that binutils read in them', () => {
    const file = shop.path('files.rsp');
    writeFileSync(file, "'a b' \"c\\\"d\"\t e\\ f 'g\\'h'\nx'y'z \\\\ \"it's\"");
    const { stderr } = spawnSync('nm', [`@${file}`], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    });
    const read = [...stderr.matchAll(/^nm: '(.*)': No such file$/gm)].map(([, name]) => name);
    expect(read.length).toBeGreaterThan(4);
    expect(expandResponseFiles([`@${file}`])).toEqual(read);
  });

  it('that name themselves end', () => {
    const loop = shop.path('loop.rsp');
    writeFileSync(loop, `@${loop}`);
    expect(() => expandResponseFiles([`@${loop}`])).toThrow(RangeError);
  });
});
