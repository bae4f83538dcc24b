/**
 * Reads fixtures and the directives in their comments.
 *
 * A directive is a line `//#Name: value`. Those before the first `//#Case: NAME` hold for every case of the file;
 * without any `Case` the file has one, called like the file. `test/README.md` lists them all.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { nativeReasons, type NativeReason } from '../../src/rewrite/index.js';
import { fixtureFolder } from './paths.js';
import { shellWords } from './words.js';

/** An output line that ring 0 may show instead of ring 3's, because the architecture leaves no choice. */
export interface RingDifference {
  readonly ring3: string;
  readonly ring0: string;
  readonly reason: string;
}

/** One run of a fixture and what must come of it. */
export interface FixtureCase {
  /** Unique in the suite: the fixture's name, and behind a dot the case's, if it has one. */
  readonly id: string;
  readonly fixture: string;
  /** A script for the guest's shell to run instead of the program, which it finds as `"$0"/NAME`. */
  readonly shell: string | undefined;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly stdin: string;
  /** `exit N` or `signal N`, as the guest's runner reports it. */
  readonly end: string;
  /** The whole output, line by line, where it is known in advance. */
  readonly stdout: readonly string[] | undefined;
  readonly differences: readonly RingDifference[];
  /** In seconds of the guest. */
  readonly timeout: number;
  readonly repeat: number;
}

/** What must become of a system call site of a fixture. */
export interface ExpectedSite {
  readonly function: string;
  /** Why the site keeps its instruction; undefined if it is redirected. */
  readonly reason: NativeReason | undefined;
}

export interface Fixture {
  readonly name: string;
  readonly path: string;
  readonly language: 'c' | 'c++';
  readonly cflags: readonly string[];
  readonly libs: readonly string[];
  /** Parts of the kernel that it cannot do without, such as `fork`. */
  readonly needs: readonly string[];
  readonly cases: readonly FixtureCase[];
  /** All sites of the object, in the order of its code; undefined if the fixture does not say. */
  readonly sites: readonly ExpectedSite[] | undefined;
}

const signals: Record<string, number> = {
  HUP: 1,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
};

/** What every program finds in its environment unless it asks for `NoEnv`. */
const baseEnvironment = ['PATH=/bin', 'HOME=/root', 'LANG=C'];

const fixtureDirectives = new Set(['CFlags', 'Libs', 'Needs', 'EachFault', 'Site']);
const caseDirectives = new Set([
  'Args',
  'LongArgs',
  'ManyArgs',
  'Env',
  'NoEnv',
  'Stdin',
  'Exit',
  'Signal',
  'Stdout',
  'Ring0',
  'Timeout',
  'LongTimeout',
  'Repeat',
  'Shell',
]);

interface Directive {
  readonly name: string;
  readonly value: string;
}

/**
 * All fixtures, by name; `long`: with the arguments and times of the long run (`make test-long`) where they have some.
 * Throws on a directive that does not exist or a name that is used twice.
 */
export function loadFixtures(long = false): Fixture[] {
  const fixtures = readdirSync(fixtureFolder, { recursive: true, encoding: 'utf8' })
    .filter((path) => ['.c', '.cc'].includes(extname(path)))
    .map((path) => `${fixtureFolder}/${path}`)
    .map((path) => parseFixture(path, readFileSync(path, 'utf8'), long))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const ids = fixtures.flatMap(({ cases }) => cases.map(({ id }) => id));
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
  if (twice.length > 0) throw new Error(`fixtures of the same name: ${twice.join(', ')}`);
  return fixtures;
}

/** Throws on a directive that does not exist or cannot be read. */
export function parseFixture(path: string, source: string, long = false): Fixture {
  const name = basename(path, extname(path));
  const common: Directive[] = [];
  const cases: { name: string; directives: Directive[] }[] = [];
  for (const [, directive = '', value = ''] of source.matchAll(/^\/\/#(\w+)(?:: ?(.*))?$/gm)) {
    if (directive === 'Case') cases.push({ name: value, directives: [] });
    else if (fixtureDirectives.has(directive)) common.push({ name: directive, value });
    else if (caseDirectives.has(directive))
      (cases.at(-1)?.directives ?? common).push({ name: directive, value });
    else throw new Error(`${path}: no such directive: ${directive}`);
  }
  const own = (directive: string): string[] =>
    common.filter((one) => one.name === directive).map((one) => one.value);
  const faultTable = own('EachFault')[0];
  const runs =
    faultTable !== undefined
      ? faultCases(name, common)
      : cases.length > 0
        ? cases.map((one) => parseCase(name, `${name}.${one.name}`, [...common, ...one.directives], long))
        : [parseCase(name, name, common, long)];
  return {
    name,
    path,
    language: extname(path) === '.c' ? 'c' : 'c++',
    cflags: own('CFlags').flatMap(shellWords),
    libs: own('Libs').flatMap(shellWords),
    needs: own('Needs').flatMap(shellWords),
    cases: runs,
    sites: own('Site').length > 0 ? own('Site').map((text) => parseSite(path, text)) : undefined,
  };
}

/** `FUNCTION redirected` or `FUNCTION native REASON` */
function parseSite(path: string, text: string): ExpectedSite {
  const [, name = '', reason] = /^(\w+) (?:redirected|native (\S+))$/.exec(text) ?? [];
  if (name === '' || (reason !== undefined && !isNativeReason(reason)))
    throw new Error(`${path}: Site is not "FUNCTION redirected" or "FUNCTION native REASON": ${text}`);
  return { function: name, reason };
}

function isNativeReason(text: string): text is NativeReason {
  return Object.hasOwn(nativeReasons, text);
}

function parseCase(fixture: string, id: string, directives: readonly Directive[], long = false): FixtureCase {
  const all = (name: string): string[] =>
    directives.filter((one) => one.name === name).map((one) => one.value);
  const last = (name: string): string | undefined => all(name).at(-1);
  /** What the long run has instead, if it has. */
  const chosen = (name: string): string[] => {
    const own = long ? all(`Long${name}`) : [];
    return own.length > 0 ? own : all(name);
  };
  const many = Number(last('ManyArgs') ?? 0);
  const signal = last('Signal');
  const number = signal === undefined ? undefined : (signals[signal] ?? Number(signal));
  if (Number.isNaN(number)) throw new Error(`${id}: no such signal: ${signal}`);
  return {
    id,
    fixture,
    shell: last('Shell'),
    args: [
      ...chosen('Args').flatMap(shellWords),
      ...Array.from({ length: many }, (_, at) => `argument number ${at}`),
    ],
    env: last('NoEnv') !== undefined ? [] : [...baseEnvironment, ...all('Env')],
    stdin: (last('Stdin') ?? '').replaceAll('\\n', '\n'),
    end: number !== undefined ? `signal ${number}` : `exit ${last('Exit') ?? 0}`,
    stdout: all('Stdout').length > 0 ? all('Stdout') : undefined,
    differences: all('Ring0').map((text) => parseDifference(id, text)),
    timeout: Number(chosen('Timeout').at(-1) ?? 60),
    repeat: Number(last('Repeat') ?? 1),
  };
}

/** `ring 3's line => ring 0's line (reason)` */
function parseDifference(id: string, text: string): RingDifference {
  const parts = /^(.+?) => (.+?) \((.+)\)$/.exec(text);
  if (!parts) throw new Error(`${id}: Ring0 is not "LINE => LINE (REASON)": ${text}`);
  const [, ring3 = '', ring0 = '', reason = ''] = parts;
  return { ring3, ring0, reason };
}

/** One case per entry of the table in faults.h, numbered as there; each must die of the entry's signal. */
function faultCases(fixture: string, common: readonly Directive[]): FixtureCase[] {
  const table = readFileSync(`${fixtureFolder}/faults/faults.h`, 'utf8');
  return [...table.matchAll(/^\t\{"(.+?)", .*, SIG(\w+), \w+\},$/gm)].map(([, name = '', signal = ''], at) =>
    parseCase(fixture, `${fixture}.${name}`, [
      ...common,
      { name: 'Args', value: String(at) },
      { name: 'Signal', value: signal },
      { name: 'Stdout', value: `${name}: SIG${signal}` },
    ]),
  );
}
