import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { UklError, hostErrors } from '../errors/index.js';
import {
  demandRequirements,
  findTool,
  forgetTemporary,
  temporaryName,
  type PassStats,
} from '../host/index.js';
import { findToolchain } from '../inputs/index.js';
import { findKit } from '../kernel/store.js';
import { describeMachine, type Machine } from './machine.js';
import { median } from './measure.js';
import {
  kernelSubjects,
  linkSubjects,
  rewriteSubjects,
  TOUCHED,
  type BenchProgram,
  type LinkSample,
  type Subject,
} from './subjects.js';

/** Raised when a field of the result changes its meaning or goes away. */
export const BENCH_SCHEMA = 1;

export interface BenchOptions {
  /** Measured rounds; one more before them is not counted. */
  readonly rounds: number;
  /** Inputs of one more program, in ld's order and spelling. */
  readonly program?: readonly string[];
  /** A built kernel tree, to measure the kernel's own relink. Its init/do_mounts.c is touched. */
  readonly tree?: string;
  readonly onRound?: (done: number, rounds: number) => void;
}

/** Milliseconds. */
export interface Timing {
  readonly min: number;
  readonly median: number;
}

export interface SubjectResult {
  readonly id: string;
  readonly title: string;
  readonly wall: Timing;
  readonly cpu: Timing;
  /** Median wall time of each pass of a link. */
  readonly passes?: readonly PassStats[];
  /** Bytes: the most of any round. */
  readonly peakMemory?: number;
}

/** Subjects that do the like, and how often each takes what the first takes, by their shortest rounds. */
export interface Comparison {
  readonly title: string;
  readonly subjects: readonly SubjectResult[];
  readonly ratios: readonly { readonly id: string; readonly ratio: number }[];
}

export interface BenchResult {
  readonly schema: number;
  readonly machine: Machine;
  readonly rounds: number;
  readonly comparisons: readonly Comparison[];
}

const HELLO = '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n';

/**
 * Measures links against the tools that do the like. Every subject is run once in every round, so that all of them meet the same machine;
 * the first round, which fills the page cache, is not counted.
 *
 * @throws UklError UKL6002 for missing tools, UKL6005 for a tree that is not there, UKL6007 when a command fails
 */
export async function benchLink(options: BenchOptions): Promise<BenchResult> {
  demandRequirements([
    { kind: 'command', name: 'gcc', package: 'gcc' },
    { kind: 'command', name: 'objcopy', package: 'binutils' },
    ...(options.tree === undefined ? [] : [{ kind: 'command', name: 'make', package: 'make' } as const]),
  ]);
  const folder = temporaryName(join(tmpdir(), 'ukl-bench'));
  try {
    await mkdir(folder, { mode: 0o700 });
    const toolchain = await findToolchain();
    const groups = await makeGroups(folder, toolchain, options);
    const machine = describeMachine(toolchain.ld);
    // The user's own program first: it may not link at all.
    const subjects = groups.flatMap((group) => group.subjects).reverse();
    const samples = await runRounds(subjects, options);
    const comparisons = groups.map(({ title, subjects }) => compare(title, subjects, samples));
    return { schema: BENCH_SCHEMA, machine, rounds: options.rounds, comparisons };
  } finally {
    await rm(folder, { recursive: true, force: true });
    forgetTemporary(folder);
  }
}

interface Group {
  readonly title: string;
  readonly subjects: readonly Subject[];
}

async function makeGroups(
  folder: string,
  toolchain: Awaited<ReturnType<typeof findToolchain>>,
  { program, tree }: BenchOptions,
): Promise<Group[]> {
  const kit = await findKit();
  const hello = join(folder, 'hello.o');
  execFileSync('gcc', ['-O2', '-x', 'c', '-c', '-', '-o', hello], { input: HELLO });
  const programs: BenchProgram[] = [{ name: 'hello', inputs: [hello] }];
  if (program !== undefined && program.length > 0)
    programs.push({ name: programName(program), inputs: program });
  const kernel = tree === undefined ? [] : kernelSubjects(builtTree(tree), 'make', availableParallelism());
  const libc = toolchain.systemLibraries.find((path) => path.endsWith('/libc.a')) ?? '';
  return [
    {
      title: `rewriting ${libc}`,
      subjects: rewriteSubjects(libc, folder, toolchain, findTool('objcopy') ?? 'objcopy'),
    },
    ...programs.map((one, i) => ({
      title: `linking ${one.name}`,
      // The kernel's relink takes what it takes, whatever the program: it is run once a round.
      subjects: [...linkSubjects(one, kit, folder), ...(i === 0 ? kernel : [])],
    })),
  ];
}

/** What the given program is called here and in ids: its first file. */
function programName(inputs: readonly string[]): string {
  const first = inputs.find((word) => !word.startsWith('-')) ?? 'program';
  return inputs.length === 1 ? basename(first) : `${basename(first)} and ${inputs.length - 1} more`;
}

function builtTree(tree: string): string {
  const folder = resolve(tree);
  const missing = ['vmlinux', '.config', TOUCHED].find((name) => !existsSync(join(folder, name)));
  if (missing === undefined) return folder;
  throw new UklError(hostErrors.notReadable(folder, `not a built kernel tree: it has no ${missing}`));
}

async function runRounds(
  subjects: readonly Subject[],
  { rounds, onRound }: BenchOptions,
): Promise<ReadonlyMap<Subject, LinkSample[]>> {
  const samples = new Map(subjects.map((subject) => [subject, [] as LinkSample[]]));
  for (let round = 0; round <= rounds; round++) {
    onRound?.(round, rounds);
    for (const subject of subjects) {
      const sample = await subject.run();
      if (round > 0) samples.get(subject)?.push(sample);
    }
  }
  return samples;
}

function compare(
  title: string,
  subjects: readonly Subject[],
  samples: ReadonlyMap<Subject, readonly LinkSample[]>,
): Comparison {
  const results = subjects.map((subject) => summarize(subject, samples.get(subject) ?? []));
  const own = results[0]?.wall.min ?? 0;
  return { title, subjects: results, ratios: results.map(({ id, wall }) => ({ id, ratio: wall.min / own })) };
}

function summarize({ id, title }: Subject, samples: readonly LinkSample[]): SubjectResult {
  const timing = (values: readonly number[]): Timing => ({
    min: Math.min(...values),
    median: median(values),
  });
  const peaks = samples.flatMap(({ peakMemory }) => peakMemory ?? []);
  const names = samples[0]?.passes?.map(({ name }) => name);
  const passes = names?.map((name, i) => ({
    name,
    milliseconds: median(samples.map((sample) => sample.passes?.[i]?.milliseconds ?? 0)),
    bytes: samples[0]?.passes?.[i]?.bytes ?? 0,
  }));
  return {
    id,
    title,
    wall: timing(samples.map(({ wall }) => wall)),
    cpu: timing(samples.map(({ cpu }) => cpu)),
    ...(passes === undefined ? {} : { passes }),
    ...(peaks.length === 0 ? {} : { peakMemory: Math.max(...peaks) }),
  };
}
