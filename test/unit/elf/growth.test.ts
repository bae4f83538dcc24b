import { describe, expect, it } from 'vitest';
import {
  ElfEdit,
  R_X86_64,
  SHF,
  SHT,
  STT,
  emptyObject,
  indexedSymbols,
  readArchive,
  readElf,
  verifyElf,
  writeArchive,
  type ElfFile,
} from '../../../src/elf/index.js';
import { InputArchive, archiveFile } from '../../../src/inputs/archive.js';
import { InputObject } from '../../../src/inputs/object.js';
import { relocationsOutOfReach } from '../../../src/inputs/reach.js';
import { Resolution } from '../../../src/inputs/resolve.js';
import { undefinedSymbols } from '../../../src/inputs/undefined.js';
import { rewriteFile } from '../../../src/rewrite/rewrite-file.js';
import { compile } from './support/corpus.js';

/**
 * Work is counted, not timed: every look at a file's tables goes through a DataView, names through Buffers, searches ask about one element
 * after the other. What takes four times
 * the input must not take more than five times the looks.
 */
const READERS = ['getUint8', 'getUint16', 'getUint32', 'getBigUint64', 'getInt32', 'getBigInt64'];

/** Methods of arrays that ask about one element after the other. */
const SEARCHES = ['find', 'findLast', 'findIndex', 'findLastIndex', 'some', 'every', 'filter'] as const;

type Methods = Record<string, (this: unknown, ...args: readonly unknown[]) => unknown>;

function looksOf(work: () => unknown): number {
  let looks = 0;
  const undo: (() => void)[] = [];
  const count = (prototype: unknown, name: string): void => {
    const methods = prototype as Methods;
    const original = methods[name];
    methods[name] = function (...args) {
      looks++;
      return original?.apply(this, [...args]);
    };
    undo.push(() => Object.assign(methods, { [name]: original }));
  };
  const countSearch = (name: (typeof SEARCHES)[number]): void => {
    const methods = Array.prototype as unknown as Methods;
    const original = methods[name];
    methods[name] = function (test, self) {
      const counted: Methods[string] = (...args) => {
        looks++;
        return (test as Methods[string]).apply(self, [...args]);
      };
      return original?.apply(this, [counted]);
    };
    undo.push(() => Object.assign(methods, { [name]: original }));
  };
  for (const name of READERS) count(DataView.prototype, name);
  count(Buffer.prototype, 'toString');
  for (const name of SEARCHES) countSearch(name);
  try {
    work();
  } finally {
    for (const put of undo) put();
  }
  return looks;
}

/** How many of everything that an object has. */
interface Counts {
  readonly sections?: number;
  readonly functions?: number;
  /** Undefined symbols, each with a relocation of a kind that cannot reach the slot. */
  readonly references?: number;
}

/** mov $39, %eax; syscall; ret: a function of 8 bytes. */
const FUNCTION = 'b8270000000f05c3';

/** An object of many small sections, functions and references. */
function objectWith({ sections = 1, functions = 0, references = 0 }: Counts): Uint8Array {
  const edit = new ElfEdit(emptyObject());
  const flags = SHF.ALLOC | SHF.EXECINSTR;
  const all = Array.from({ length: sections }, (_, i) => {
    const contents = Buffer.alloc(8 * Math.ceil(1 + (functions + references) / sections), FUNCTION, 'hex');
    return edit.addSection({ name: `.text.${i}`, type: SHT.PROGBITS, flags, contents });
  });
  const at = (i: number): { section: number; value: number } => ({
    section: all[i % sections]?.index ?? 0,
    value: 8 * Math.floor(i / sections),
  });
  for (let i = 0; i < functions; i++) edit.symbols.add({ name: `f${i}`, type: STT.FUNC, size: 8, ...at(i) });
  for (let i = 0; i < references; i++) {
    const symbol = edit.symbols.add({ name: `u${i}` });
    const { section, value } = at(i);
    edit.relocations(edit.section(section)).add({ offset: value, type: R_X86_64[32], symbol, addend: 0 });
  }
  return edit.write();
}

const archiveWith = (members: number): Uint8Array =>
  writeArchive(
    Array.from({ length: members }, (_, i) => {
      const edit = new ElfEdit(emptyObject());
      edit.symbols.add({ name: `m${i}`, section: 'absolute' });
      edit.symbols.add({ name: `m${i + 1}` });
      const data = edit.write();
      return { name: `a_member_with_a_long_name_${i}.o`, data, symbols: indexedSymbols(readElf(data)) };
    }),
  );

/** Everything a link asks of an object, given twice: all its symbols are defined twice, all its references lead nowhere. */
function resolve(elf: ElfFile): void {
  const resolution = new Resolution();
  resolution.addObject(new InputObject(() => elf));
  resolution.addObject(new InputObject(() => elf));
  undefinedSymbols(resolution);
  relocationsOutOfReach(resolution);
}

/** A chain: each member needs the next one. */
function resolveArchive(bytes: Uint8Array): void {
  const resolution = new Resolution();
  resolution.want('m0');
  resolution.addArchive(new InputArchive(archiveFile('a.a', readArchive(bytes))));
  expect(resolution.objects).toHaveLength(readArchive(bytes).members.length);
}

const rewritten = (bytes: Uint8Array): Uint8Array => rewriteFile(bytes, {}, { syscalls: 'redirect' }).bytes;

const works: readonly (readonly [string, (n: number) => unknown])[] = [
  ['making an object of many symbols', (n) => objectWith({ functions: n })],
  ['making an object of many relocations', (n) => objectWith({ references: n })],
  ['making an object of many sections with relocations', (n) => objectWith({ sections: n, references: n })],
];

const objects: readonly (readonly [string, (n: number) => Uint8Array])[] = [
  ['symbols', (n) => objectWith({ functions: 4 * n })],
  ['references', (n) => objectWith({ functions: n, references: n })],
  ['sections', (n) => objectWith({ sections: n, functions: n, references: n })],
  ['functions with unwind tables', objectWithFrames],
];

/** Functions with unwind tables, as the assembler makes them. */
function objectWithFrames(functions: number): Uint8Array {
  const body = 'mov $39, %eax\nsyscall\nret\n';
  const all = Array.from(
    { length: functions },
    (_, i) =>
      `.globl f${i}\n.type f${i}, @function\nf${i}: .cfi_startproc\n${body}.cfi_endproc\n.size f${i}, .-f${i}\n`,
  );
  return compile(`.text\n${all.join('')}`, '-x', 'assembler');
}

const N = 1000;

/** Looks for N and for four times as many; the ratio must be that of the inputs. */
function expectLinear(work: (n: number) => unknown): void {
  const [few, many] = [looksOf(() => work(N)), looksOf(() => work(4 * N))];
  expect(few).toBeGreaterThan(N);
  expect(many / few).toBeLessThan(5);
}

describe('four times the input is four times the work', () => {
  it.each(works)('%s', (_, work) => {
    expectLinear(work);
  });

  describe.each(objects)('an object of many %s', (_, make) => {
    const inputs = new Map([N, 4 * N].map((n) => [n, make(n)]));
    const input = (n: number): Uint8Array => inputs.get(n) ?? new Uint8Array(0);
    it('read and verified', () => {
      expectLinear((n) => verifyElf(readElf(input(n))));
    });
    it('rewritten', () => {
      expectLinear((n) => rewritten(input(n)));
    });
    it('resolved, with a problem at every turn', () => {
      expectLinear((n) => {
        resolve(readElf(input(n)));
      });
    });
  });

  it('an archive of many members: read, rewritten, resolved', () => {
    const inputs = new Map([N, 4 * N].map((n) => [n, archiveWith(n)]));
    const input = (n: number): Uint8Array => inputs.get(n) ?? new Uint8Array(0);
    expectLinear((n) => readArchive(rewritten(input(n))).symbolIndex());
    expectLinear((n) => {
      resolveArchive(input(n));
    });
  });
});
