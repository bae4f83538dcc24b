import { identify, readArchive, readElf, verifyElf } from '../../../src/elf/index.js';
import { UklError } from '../../../src/errors/index.js';
import { rewriteFile } from '../../../src/rewrite/rewrite-file.js';
import type { Findings } from '../findings.js';
import { arMutations } from '../mutations/ar.js';
import { byteMutations } from '../mutations/bytes.js';
import { elfMutations } from '../mutations/elf.js';
import type { Subject } from '../subject.js';

/** How often each code was found in a file. */
type Problems = ReadonlyMap<string, number>;

/** The rewriter (src/rewrite) with the seed files. */
export function rewriterSubject(seeds: ReadonlyMap<string, Uint8Array>): Subject {
  const thinMember = seeds.get('hello.o') ?? new Uint8Array(0);
  return {
    name: 'rewriter',
    share: 8,
    seeds,
    mutations: [...byteMutations, ...elfMutations, ...arMutations],
    allowance: 4 << 20,
    exercise: (bytes, findings) => {
      exerciseRewriter(bytes, thinMember, findings);
    },
  };
}

/** Rewrites a file: what comes out must be no worse than what came in. */
function exerciseRewriter(bytes: Uint8Array, thinMember: Uint8Array, findings: Findings): void {
  const before = bytes.slice();
  const written = findings.attempt(() => rewriteFile(bytes, { file: 'fuzz' }, () => thinMember));
  if (Buffer.compare(before, bytes) !== 0) throw new Error('the input changed');
  if (written === undefined) return;
  if (identify(bytes) === 'elf') {
    expectNoWorse(bytes, written);
    return;
  }
  const from = readArchive(bytes);
  const to = readArchive(written);
  to.symbolIndex();
  if (to.members.length !== from.members.length) throw new Error('members were lost');
  from.members.forEach((member, i) => {
    const data = to.members[i]?.data ?? new Uint8Array(0);
    expectNoWorse(from.thin ? thinMember : member.data, data);
  });
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
