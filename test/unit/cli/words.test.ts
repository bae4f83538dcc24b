import { describe, expect, it } from 'vitest';
import { separateValues, splitWords } from '../../../src/cli/argv.js';
import { readLinkWords } from '../../../src/cli/link-words.js';
import { formatGroup } from '../../../src/cli/print.js';
import { timeLeft } from '../../../src/cli/progress.js';
import { UsageError } from '../../../src/cli/status.js';
import { KeyFilter } from '../../../src/cli/terminal.js';
import { UklError } from '../../../src/errors/index.js';

describe('separateValues', () => {
  it('separates attached values, but not behind --', () => {
    const words = ['run', '-p80:80', '-m512', '-p', '1', '-eA=1', '-x', '-m=4', '--', '-p80'];
    expect(separateValues(words)).toEqual([
      'run',
      '-p=80:80',
      '-m=512',
      '-p',
      '1',
      '-e=A=1',
      '-x',
      '-m=4',
      '--',
      '-p80',
    ]);
  });
});

describe('splitWords', () => {
  it.each([
    ['', []],
    ['  a   b\tc\n', ['a', 'b', 'c']],
    [`'a b' "c d" e\\ f`, ['a b', 'c d', 'e f']],
    [`a'b'"c"d`, ['abcd']],
    [`'' ""`, ['', '']],
    [`"\\"\\\\\\n" '\\'`, ['"\\\\n', '\\']],
    [`--port 6379 --save ''`, ['--port', '6379', '--save', '']],
    ["'open", undefined],
    ['"open\\"', undefined],
    ['end\\', undefined],
  ])('%j', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });
});

describe('readLinkWords', () => {
  it('takes options out and leaves inputs in their order and spelling', () => {
    const words =
      '--with-program=a.o b.a -L /lib -lm --start-group c.a -Wl,x --end-group -o out --env A=1 d.o'.split(
        ' ',
      );
    expect(readLinkWords([...words, '--args', 'x y', '--env=B=2', '--print-stats', '--args=-z'])).toEqual({
      introduced: true,
      program: ['a.o', 'b.a', '-L', '/lib', '-lm', '--start-group', 'c.a', '-Wl,x', '--end-group', 'd.o'],
      given: { output: ['out'], env: ['A=1', 'B=2'], args: ['x y', '-z'], 'print-stats': [''] },
    });
  });

  it.each([
    [
      ['--with-program', 'a.o', '--with-program', 'b.o', '-oout'],
      ['a.o', 'b.o'],
    ],
    [['-o=out', '--with-program=a.o'], ['a.o']],
    [['--output', 'out', '--with-program=a=b.o'], ['a=b.o']],
  ])('%j', (words, program) => {
    expect(readLinkWords(words)).toEqual({ program, introduced: true, given: { output: ['out'] } });
  });

  it.each([
    [['--with-program']],
    [['--with-program=']],
    [['-o']],
    [['-o', 'a', '-o', 'b']],
    [['--json=1']],
    [['--kit']],
  ])('refuses %j', (words) => {
    expect(() => readLinkWords(words)).toThrow(UsageError);
  });
});

describe('formatGroup', () => {
  it('prints code, message, place and hint', () => {
    const [diagnostic] = new UklError({
      code: 'UKL1234',
      severity: 'error',
      message: 'two\nlines',
      file: 'lib.a',
      member: 'a.o',
      section: '.text',
      offset: 18,
      symbol: 'main',
      hint: 'do this',
    }).diagnostics;
    expect(diagnostic && formatGroup([diagnostic])).toBe(
      'ukl-link: error UKL1234: two\n    | lines\n    in lib.a(a.o), section .text+0x12, symbol main\n    do this',
    );
  });
});

describe('timeLeft', () => {
  it.each([
    [undefined, ''],
    [59, ', less than a minute left'],
    [61, ', about 1 min left'],
    [500, ', about 8 min left'],
  ])('%s', (seconds, text) => {
    expect(timeLeft(seconds)).toBe(text);
  });
});

describe('KeyFilter', () => {
  it('finds Ctrl-A x, also between two pieces, and passes everything else on', () => {
    const keys = new KeyFilter();
    const type = (text: string): [string, boolean] => {
      const { passed, quit } = keys.filter(Buffer.from(text));
      return [Buffer.from(passed).toString(), quit];
    };
    expect(type('ab\x03')).toEqual(['ab\x03', false]);
    expect(type('c\x01\x01d')).toEqual(['c\x01d', false]);
    expect(type('\x01e')).toEqual(['e', false]);
    expect(type('x\x01')).toEqual(['x', false]);
    expect(type('x')).toEqual(['', true]);
  });
});
