import {
  ELF_HEADER_SIZE,
  SHT,
  identify,
  readArchive,
  readElf,
  verifyElf,
  type ArchiveMember,
  type ElfFile,
} from '../../../src/elf/index.js';
import { UklError } from '../../../src/errors/index.js';
import { rewriteFile, type RewriteOptions } from '../../../src/rewrite/rewrite-file.js';
import type { SyscallSite } from '../../../src/rewrite/sites/site.js';
import type { Findings } from '../findings.js';
import { arMutations } from '../mutations/ar.js';
import { byteMutations } from '../mutations/bytes.js';
import { elfMutations } from '../mutations/elf.js';
import type { Subject } from '../subject.js';

/** How often each code was found in a file. */
type Problems = ReadonlyMap<string, number>;

/** The rewriter (src/rewrite) with the seed files, in both of its modes. */
export function rewriterSubjects(seeds: ReadonlyMap<string, Uint8Array>): Subject[] {
  const thinMember = seeds.get('hello.o') ?? new Uint8Array(0);
  return (['redirect', 'native'] as const).map((syscalls) => ({
    name: `rewriter, ${syscalls}`,
    share: syscalls === 'redirect' ? 8 : 2,
    seeds,
    mutations: [...byteMutations, ...elfMutations, ...elfMutations, ...arMutations],
    allowance: 4 << 20,
    exercise: (bytes, findings) => {
      exerciseRewriter(bytes, { syscalls }, thinMember, findings);
    },
  }));
}

/** Rewrites a file: what comes out must be no worse than what came in, and its code the same but in front of redirected sites. */
function exerciseRewriter(
  bytes: Uint8Array,
  options: RewriteOptions,
  thinMember: Uint8Array,
  findings: Findings,
): void {
  const before = bytes.slice();
  const readThin = (member: ArchiveMember): Uint8Array => (member.archive.thin ? thinMember : member.data);
  const result = findings.attempt(() => rewriteFile(bytes, { file: 'fuzz' }, options, readThin));
  if (Buffer.compare(before, bytes) !== 0) throw new Error('the input changed');
  if (result === undefined) return;
  const sitesOf = (position: number): readonly SyscallSite[] =>
    result.sites.find((object) => object.position === position)?.sites ?? [];
  if (identify(bytes) === 'elf') {
    expectSound(bytes, result.bytes, sitesOf(0));
    return;
  }
  const from = readArchive(bytes);
  const to = readArchive(result.bytes);
  to.symbolIndex();
  if (to.members.length !== from.members.length) throw new Error('members were lost');
  from.members.forEach((member, i) => {
    const data = to.members[i]?.data ?? new Uint8Array(0);
    expectSound(readThin(member), data, sitesOf(i));
  });
}

function expectSound(input: Uint8Array, output: Uint8Array, sites: readonly SyscallSite[]): void {
  expectNoWorse(input, output);
  if (Buffer.compare(input, output) !== 0) expectSameContents(readElf(input), readElf(output), sites);
}

/** The most that the instructions in front of a site take: five bytes and the rest of the longest instruction. */
const LONGEST_WINDOW = 4 + 15;

/** Programs' own bytes are as they were, except in front of redirected sites; unwind tables have grown. */
function expectSameContents(input: ElfFile, output: ElfFile, sites: readonly SyscallSite[]): void {
  for (const section of input.sections) {
    // Names that cannot be read give the index in brackets.
    const name = section.place.section ?? '';
    if (section.type !== SHT.PROGBITS || name.startsWith('.eh_frame')) continue;
    // The ELF header says where things are now, also to a section that claims its bytes.
    if (section.offset < ELF_HEADER_SIZE) continue;
    const now = output.section(section.index).contents;
    const redirected = sites.filter(
      (site) => site.stub !== undefined && [site.section, `[${section.index}]`].includes(name),
    );
    section.contents.forEach((byte, at) => {
      const allowed = redirected.some(({ offset }) => at < offset && offset - at <= LONGEST_WINDOW);
      if (byte !== now[at] && !allowed) throw new Error(`${name}+${at} changed`);
    });
  }
}

function expectNoWorse(input: Uint8Array, output: Uint8Array): void {
  const before = problemsOf(input);
  const after = problemsOf(output);
  for (const [code, count] of after) {
    const had = before.get(code) ?? 0;
    if (count > had) throw new Error(`${code} ${count} times in what was written, ${had} times in the input`);
  }
}

function problemsOf(file: Uint8Array): Problems {
  const problems = new Map<string, number>();
  if (identify(file) !== 'elf') return problems;
  const found = ((): readonly { readonly code: string }[] => {
    try {
      return verifyElf(readElf(file));
    } catch (error) {
      if (error instanceof UklError) return error.diagnostics;
      throw error;
    }
  })();
  for (const { code } of found) problems.set(code, (problems.get(code) ?? 0) + 1);
  return problems;
}
