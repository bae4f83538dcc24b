import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compileObject } from '../support/compile.js';
import { loadFixtures, parseFixture } from '../support/fixtures.js';
import { shellWords } from '../support/words.js';

describe('directives', () => {
  const parse = (source: string) => parseFixture('/fixtures/group/name.c', source);

  test('a fixture without any has one case that exits with 0', () => {
    expect(parse('int main(void) {}').cases).toEqual([
      {
        ...{ id: 'name', fixture: 'name', shell: undefined, args: [], stdin: '', end: 'exit 0' },
        ...{ stdout: undefined, differences: [], timeout: 60, repeat: 1 },
        env: ['PATH=/bin', 'HOME=/root', 'LANG=C'],
      },
    ]);
  });

  test('common ones hold for every case, a case adds its own', () => {
    const { cases } = parse(
      [
        '//#Env: A=1',
        '//#Case: one',
        '//#Args: x "y z"',
        '//#Exit: 3',
        '//#Case: two',
        '//#Signal: SEGV',
      ].join('\n'),
    );
    expect(cases.map(({ id, args, end }) => ({ id, args, end }))).toEqual([
      { id: 'name.one', args: ['x', 'y z'], end: 'exit 3' },
      { id: 'name.two', args: [], end: 'signal 11' },
    ]);
    expect(cases.every(({ env }) => env.includes('A=1'))).toBe(true);
  });

  test('a line that ring 0 may change comes with its reason', () => {
    expect(parse('//#Ring0: a: b => a: c (because (of) it)').cases[0]?.differences).toEqual([
      { ring3: 'a: b', ring0: 'a: c', reason: 'because (of) it' },
    ]);
    expect(() => parse('//#Ring0: a => b')).toThrow(/REASON/);
  });

  test('what must become of system call sites', () => {
    expect(parse('//#Site: f redirected\n//#Site: g native label').sites).toEqual([
      { function: 'f', reason: undefined },
      { function: 'g', reason: 'label' },
    ]);
    expect(parse('int main(void) {}').sites).toBe(undefined);
    expect(() => parse('//#Site: f native laebl')).toThrow(/laebl/);
    expect(() => parse('//#Site: f')).toThrow(/FUNCTION/);
  });

  test('the long run has arguments and times of its own, where there are some', () => {
    const source = '//#Args: 5 x\n//#LongArgs: 5000\n//#Timeout: 9\n//#Env: A=1';
    const of = (long: boolean) => {
      const [{ args, timeout } = { args: [], timeout: 0 }] = parseFixture('/name.c', source, long).cases;
      return { args, timeout };
    };
    expect(of(false)).toEqual({ args: ['5', 'x'], timeout: 9 });
    expect(of(true)).toEqual({ args: ['5000'], timeout: 9 });
  });

  test('what is not a directive is refused', () => {
    expect(() => parse('//#Sdtout: typo')).toThrow(/Sdtout/);
    expect(() => parse('//#Signal: SGEV')).toThrow(/SGEV/);
  });

  test.each([
    ['a  b', ['a', 'b']],
    ['\'a "b\' "c\'d"', ['a "b', "c'd"]],
    ['x"y z"w ""', ['xy zw', '']],
    ['', []],
  ])('words of %s', (text, words) => expect(shellWords(text)).toEqual(words));

  test('an open quote is refused', () => expect(() => shellWords('"a')).toThrow(/unclosed/));
});

describe('the fixtures in the tree', () => {
  const fixtures = loadFixtures();

  test.each(fixtures.map(({ name, path }) => [name, path]))(
    '%s says what it shows before anything else',
    (_, path) => {
      expect(readFileSync(path, 'utf8')).toMatch(/^\/\*[^*]{20,}/);
    },
  );

  test('every fault of the table has a case', () => {
    const kills = fixtures.find(({ name }) => name === 'faultkill')?.cases ?? [];
    const table = readFileSync(`${import.meta.dirname}/../../fixtures/faults/faults.h`, 'utf8');
    expect(kills.length).toBe(table.match(/^\t\{"/gm)?.length);
    expect(kills.map(({ args }) => args)).toEqual(kills.map((_, at) => [String(at)]));
  });

  test('all can live in one program: none defines a global name but main', async () => {
    const small = fixtures.filter(({ language }) => language === 'c');
    for (const fixture of small) {
      const object = await compileObject(fixture, 'default');
      const names = execFileSync('nm', ['--defined-only', '--extern-only', '--format=just-symbols', object], {
        encoding: 'utf8',
      });
      expect([fixture.name, names.trim()]).toEqual([fixture.name, 'main']);
    }
  });
});
