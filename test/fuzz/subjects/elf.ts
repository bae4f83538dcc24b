import {
  ElfEdit,
  R_X86_64,
  SHF,
  SHT,
  STB,
  compressionOf,
  identify,
  indexedSymbols,
  mergeablePieces,
  notesOf,
  readArchive,
  readDynamic,
  readElf,
  readGroups,
  readVersions,
  relrAddresses,
  rewrittenMember,
  unpackedContents,
  verifyElf,
  writeArchive,
  type ElfFile,
} from '../../../src/elf/index.js';
import { expectSame, type Findings } from '../findings.js';
import { arMutations } from '../mutations/ar.js';
import { byteMutations } from '../mutations/bytes.js';
import { elfMutations } from '../mutations/elf.js';
import type { Subject } from '../subject.js';

/** The ELF library (src/elf) with the seed files. */
export function elfSubject(seeds: ReadonlyMap<string, Uint8Array>): Subject {
  return {
    name: 'ELF library',
    share: 10,
    seeds,
    mutations: [...byteMutations, ...elfMutations, ...arMutations],
    allowance: 1 << 20,
    exercise: exerciseElfLibrary,
  };
}

/** Output may be as large as the input, a few times over (names grow), and some headers. */
const MAX_GROWTH = 8;
const ALLOWANCE = 1 << 16;

/**
 * Does with an object, a program or an archive all that src/elf can do: reads every table, edits, writes, reads again. Nothing changed
 * must give the same bytes, and what was written must be readable and of bounded size.
 */
export function exerciseElfLibrary(bytes: Uint8Array, findings: Findings): void {
  const attempt: Attempt = (action) => findings.attempt(action);
  if (identify(bytes).includes('archive')) exerciseArchive(bytes, attempt);
  else exerciseElf(bytes, attempt);
}

type Attempt = <T>(action: () => T) => T | undefined;

function exerciseArchive(bytes: Uint8Array, attempt: Attempt): void {
  const archive = attempt(() => readArchive(bytes, { file: 'fuzz.a' }));
  if (archive === undefined) return;
  attempt(() => archive.symbolIndex());
  const members = archive.members.map((member) =>
    attempt(() => {
      const { data } = member;
      const elf = attempt(() => exerciseElf(data, attempt));
      const symbols = elf === undefined ? [] : (attempt(() => indexedSymbols(elf)) ?? []);
      return rewrittenMember(member, data, symbols);
    }),
  );
  if (members.length === 0) return;
  attempt(() => {
    const written = writeArchive(members.filter((m) => m !== undefined));
    const again = readArchive(written);
    expectSame(again.members.length, members.filter((m) => m !== undefined).length, 'members written');
    again.symbolIndex();
  });
}

function exerciseElf(bytes: Uint8Array, attempt: Attempt): ElfFile | undefined {
  const elf = attempt(() => readElf(bytes, { file: 'fuzz.o' }));
  if (elf === undefined) return undefined;
  const problems = attempt(() => verifyElf(elf)) ?? [];
  attempt(() => notesOf(elf));
  attempt(() => readGroups(elf));
  attempt(() => readVersions(elf)?.of(1));
  attempt(() => readDynamic(elf)?.needed);
  for (const section of elf.sections) {
    attempt(() => section.name);
    attempt(() => {
      const size = compressionOf(section)?.size ?? 0;
      const unpacked = unpackedContents(section);
      if (unpacked.length > Math.max(section.size, size)) throw new Error('unpacked more than promised');
    });
    attempt(() => [...relrAddresses(section.contents.subarray(0, 4096))]);
    attempt(() => {
      if (section.has(SHF.MERGE)) for (const piece of mergeablePieces(section)) expectAdvance(piece);
    });
  }
  attempt(() => readEverySymbol(elf));
  attempt(() => expectIdentity(elf));
  if (problems.length === 0) attempt(() => editAndReadAgain(elf));
  else attempt(() => editedBytes(elf));
  return elf;
}

function readEverySymbol(elf: ElfFile): void {
  for (const table of [elf.symbols, elf.dynamicSymbols]) {
    for (const symbol of table ?? []) void [symbol.name, symbol.sectionIndex, symbol.value, symbol.size];
  }
}

/** Nothing changed gives the same bytes, however odd the file. */
function expectIdentity(elf: ElfFile): void {
  const written = new ElfEdit(elf).write();
  if (Buffer.compare(written, elf.bytes) !== 0) throw new Error('identity is broken');
}

/** Prefixes names, adds a symbol, a local one, a section and relocations; returns what was written. */
function editedBytes(elf: ElfFile): Uint8Array {
  const edit = new ElfEdit(elf);
  edit.symbols.prefixNames('fuzz_', (handle) => handle % 7 !== 3);
  const added = edit.symbols.add({ name: 'fuzz_entry' });
  edit.symbols.add({ name: 'fuzz_local', binding: STB.LOCAL, section: 'absolute', value: 1 });
  const text = edit.findSection(
    (s) => s.type === SHT.PROGBITS && (s.flags & SHF.EXECINSTR) !== 0 && s.size > 0,
  );
  if (text !== undefined) {
    const offset = text.append(new Uint8Array(16), 16, 0xcc);
    edit.relocations(text).add({ offset, type: R_X86_64.PC32, symbol: added, addend: -4 });
  }
  const written = edit.write();
  if (written.length > elf.bytes.length * MAX_GROWTH + ALLOWANCE) {
    throw new Error(`${elf.bytes.length} bytes became ${written.length}`);
  }
  return written;
}

/** What an edit of a sound file writes must be a sound file, with the names changed and nothing else lost. */
function editAndReadAgain(elf: ElfFile): void {
  const again = readElf(editedBytes(elf), { file: 'written.o' });
  const problems = verifyElf(again);
  if (problems.length > 0)
    throw new Error(`an edit broke the file: ${problems.map((p) => p.message).join('; ')}`);
  expectSame(again.symbols?.length, (elf.symbols?.length ?? 1) + 2, 'symbols written');
}

function expectAdvance(piece: { start: number; end: number }): void {
  if (piece.end <= piece.start) throw new Error('a piece of no bytes');
}
