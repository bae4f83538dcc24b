import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ElfEdit,
  R_X86_64,
  SHF,
  SHT,
  STB,
  readArchive,
  readElf,
  relrAddresses,
  verifyElf,
  writeArchive,
  type ElfFile,
} from '../../../src/elf/index.js';
import { compile } from './support/corpus.js';

/** One edit of an object; numbers choose among what there is. */
type Step =
  | { readonly kind: 'rename'; readonly which: number; readonly name: string }
  | {
      readonly kind: 'add';
      readonly name: string;
      readonly local: boolean;
      readonly which: number;
      readonly value: number;
    }
  | { readonly kind: 'append'; readonly which: number; readonly bytes: Uint8Array; readonly align: number }
  | { readonly kind: 'replace'; readonly which: number; readonly bytes: Uint8Array }
  | { readonly kind: 'section'; readonly name: string; readonly bytes: Uint8Array; readonly align: number }
  | { readonly kind: 'relocate'; readonly which: number; readonly symbol: number; readonly addend: bigint }
  | { readonly kind: 'bind'; readonly which: number; readonly local: boolean };

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((s) => !s.includes('\0'));
const bytes = fc.uint8Array({ maxLength: 100 });
const align = fc.constantFrom(1, 2, 16, 64);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('rename' as const), which: fc.nat(), name }),
  fc.record({
    kind: fc.constant('add' as const),
    name,
    local: fc.boolean(),
    which: fc.nat(),
    value: fc.nat(),
  }),
  fc.record({ kind: fc.constant('append' as const), which: fc.nat(), bytes, align }),
  fc.record({ kind: fc.constant('replace' as const), which: fc.nat(), bytes }),
  fc.record({ kind: fc.constant('section' as const), name, bytes, align }),
  fc.record({
    ...{ kind: fc.constant('relocate' as const), which: fc.nat(), symbol: fc.nat() },
    addend: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  }),
  fc.record({ kind: fc.constant('bind' as const), which: fc.nat(), local: fc.boolean() }),
);

/** What a file holds, in plain data: the model that every edit is applied to as well. */
interface Model {
  symbols: { name: string; local: boolean; section: number | undefined; value: bigint }[];
  sections: { name: string; contents: number[] }[];
  /** Relocations by target: the symbol is named by its place in `symbols`, the order of handles. */
  relocations: Map<number, { offset: number; type: number; symbol: number; addend: bigint }[]>;
}

function modelOf(elf: ElfFile): Model {
  const symbols = [...(elf.symbols ?? [])].map((s) => ({
    ...{ name: s.name, local: s.isLocal, section: s.sectionIndex, value: s.value },
  }));
  const isText = (type: number): boolean => type === SHT.PROGBITS;
  const sections = elf.sections.map((s) => ({
    name: s.name,
    contents: isText(s.type) ? [...s.contents] : [],
  }));
  const relocations: Model['relocations'] = new Map();
  for (const table of elf.relocationTables()) {
    const list = Array.from({ length: table.length }, (_, i) => ({
      ...{ offset: table.offset(i), type: table.type(i), symbol: table.symbol(i), addend: table.addend(i) },
    }));
    relocations.set(table.targetIndex, [...(relocations.get(table.targetIndex) ?? []), ...list]);
  }
  return { symbols, sections, relocations };
}

/** Applies one step to the file's edit and to the model. */
function apply(edit: ElfEdit, model: Model, targets: number[], edited: Step): void {
  const pick = (n: number): number => targets[n % targets.length] ?? 0;
  switch (edited.kind) {
    case 'rename': {
      const handle = 1 + (edited.which % (model.symbols.length - 1));
      edit.symbols.setName(handle, edited.name);
      (model.symbols[handle] as { name: string }).name = edited.name;
      break;
    }
    case 'add': {
      const section = pick(edited.which);
      edit.symbols.add({ ...edited, section, binding: edited.local ? STB.LOCAL : STB.GLOBAL });
      model.symbols.push({ name: edited.name, local: edited.local, section, value: BigInt(edited.value) });
      break;
    }
    case 'append': {
      const contents = model.sections[pick(edited.which)]?.contents ?? [];
      const at = edit.section(pick(edited.which)).append(edited.bytes, edited.align, 0xee);
      while (contents.length % edited.align !== 0) contents.push(0xee);
      expect(at).toBe(contents.length);
      contents.push(...edited.bytes);
      break;
    }
    case 'replace': {
      edit.section(pick(edited.which)).setContents(edited.bytes);
      model.sections[pick(edited.which)] = {
        name: model.sections[pick(edited.which)]?.name ?? '',
        contents: [...edited.bytes],
      };
      break;
    }
    case 'section': {
      const section = edit.addSection({
        ...{
          name: edited.name,
          type: SHT.PROGBITS,
          flags: SHF.ALLOC,
          contents: edited.bytes,
          align: edited.align,
        },
      });
      model.sections[section.index] = { name: edited.name, contents: [...edited.bytes] };
      targets.push(section.index);
      break;
    }
    case 'relocate': {
      const target = pick(edited.which);
      const symbol = edited.symbol % model.symbols.length;
      const relocation = { offset: 0, type: R_X86_64.NONE, symbol, addend: edited.addend };
      const table = edit.relocations(edit.section(target));
      table.add(relocation);
      model.sections[table.section.index] ??= { name: table.section.name, contents: [] };
      model.relocations.set(target, [...(model.relocations.get(target) ?? []), relocation]);
      break;
    }
    case 'bind': {
      const handle = 1 + (edited.which % (model.symbols.length - 1));
      edit.symbols.setInfo(handle, edited.local ? STB.LOCAL : STB.GLOBAL, 0);
      (model.symbols[handle] as { local: boolean }).local = edited.local;
      break;
    }
  }
}

/** The model as the file must show it: local symbols first, relocations with the new numbers. */
function settled(model: Model): Model {
  const order = model.symbols.map((_, i) => i);
  const sorted = [
    ...order.filter((i) => model.symbols[i]?.local === true),
    ...order.filter((i) => model.symbols[i]?.local === false),
  ];
  const relocations = new Map(
    [...model.relocations].map(([target, list]) => [
      target,
      list.map((r) => ({ ...r, symbol: sorted.indexOf(r.symbol) })),
    ]),
  );
  return {
    ...model,
    symbols: sorted.map((i) => model.symbols[i]).filter((s) => s !== undefined),
    relocations,
  };
}

describe('any series of edits', () => {
  const object = readElf(
    compile(
      'extern int g(int); __thread int t; static int h(int x) { return x + t; } int f(int x) { return g(h(x)); } int (*p)(int) = h;',
      '-ffunction-sections',
    ),
  );

  it('gives what the same edits give on plain data, in a sound file', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const edit = new ElfEdit(object);
        const model = modelOf(object);
        const isTarget = (i: number): boolean => object.section(i).type === SHT.PROGBITS;
        const targets = object.sections.map((s) => s.index).filter(isTarget);
        for (const edited of steps) apply(edit, model, targets, edited);
        const after = readElf(edit.write());
        // Replaced contents may be shorter than what old relocations apply to; all else must hold.
        expect(verifyElf(after).filter((p) => p.code !== 'UKL1014')).toEqual([]);
        expect(modelOf(after)).toEqual(settled(model));
      }),
      { numRuns: 150 },
    );
  });

  it('of symbol names alone leaves everything else as it was', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme-ascii', maxLength: 12 }),
        fc.func(fc.boolean()),
        (prefix, choose) => {
          const selects = (handle: number): boolean => choose(handle);
          const edit = new ElfEdit(object);
          edit.symbols.prefixNames(prefix, selects);
          const after = modelOf(readElf(edit.write()));
          const before = modelOf(object);
          const renamed = before.symbols.map((s, i) =>
            s.name !== '' && selects(i) ? { ...s, name: prefix + s.name } : s,
          );
          expect(after).toEqual({ ...before, symbols: renamed });
        },
      ),
    );
  });
});

describe('archives', () => {
  const member = fc.record({
    name: fc.stringMatching(/^[a-zA-Z0-9_.+-]{1,40}$/),
    data: fc.uint8Array({ maxLength: 50 }),
    symbols: fc.array(fc.stringMatching(/^[a-z_0-9]{1,20}$/), { maxLength: 4 }),
    date: fc.nat({ max: 2 ** 31 }),
    uid: fc.nat({ max: 999_999 }),
    gid: fc.nat({ max: 999_999 }),
    mode: fc.nat({ max: 0o777777 }),
  });
  it.each(['gnu', 'bsd'] as const)('are read as they were written (%s)', (format) => {
    fc.assert(
      fc.property(fc.array(member), (members) => {
        // "#1/" and "__.SYMDEF" mean something else to BSD ar; a name alone cannot say that it is one.
        fc.pre(members.every((m) => !m.name.startsWith('__.SYMDEF')));
        const archive = readArchive(writeArchive(members, { format }));
        expect(archive.members.map((m) => ({ name: m.name, data: new Uint8Array(m.data) }))).toEqual(
          members.map((m) => ({ name: m.name, data: m.data })),
        );
        expect(
          archive.members.map(({ header: { date, uid, gid, mode } }) => ({ date, uid, gid, mode })),
        ).toEqual(members.map(({ date, uid, gid, mode }) => ({ date, uid, gid, mode })));
        expect(archive.symbolIndex()?.map((s) => [s.name, archive.members.indexOf(s.member)])).toEqual(
          members.flatMap((m, i) => m.symbols.map((s) => [s, i])),
        );
      }),
    );
  });
});

describe('packed relative relocations', () => {
  it('give back the addresses that were packed', () => {
    const sorted = fc
      .uniqueArray(fc.bigInt({ min: 1n, max: 100_000n }), { minLength: 1 })
      .map((list) => list.map((n) => n * 8n).sort((a, b) => (a < b ? -1 : 1)));
    fc.assert(
      fc.property(sorted, (addresses) => {
        const words = pack(addresses);
        const contents = new Uint8Array(words.length * 8);
        const view = new DataView(contents.buffer);
        words.forEach((word, i) => view.setBigUint64(i * 8, word, true));
        expect([...relrAddresses(contents)]).toEqual(addresses);
      }),
    );
  });
});

/** The encoding of SHT_RELR, as the gABI draft describes it. */
function pack(addresses: readonly bigint[]): bigint[] {
  const words: bigint[] = [];
  for (let i = 0; i < addresses.length;) {
    const start = addresses[i++] ?? 0n;
    words.push(start);
    for (let base = start + 8n; ; base += 63n * 8n) {
      let map = 0n;
      for (let next = addresses[i]; next !== undefined && next < base + 63n * 8n; next = addresses[++i]) {
        map |= 1n << ((next - base) / 8n);
      }
      if (map === 0n) break;
      words.push((map << 1n) | 1n);
    }
  }
  return words;
}
