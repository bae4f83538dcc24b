import { execFileSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UklError, runErrors } from '../errors/index.js';
import { demandRequirements, forgetTemporary, packageVersion, temporaryName } from '../host/index.js';
import { link, type LinkResult } from '../link.js';
import type { UklOption } from '../options/index.js';
import { runImage, type Accelerator } from '../run/index.js';
import { makeGuestProgram } from './guest-program.js';
import { RINGS, parseSamples, type Count, type Counts, type Ring } from './guest-samples.js';
import { EMPTY, KNOWN, guestSubjects } from './guest-subjects.js';

/** Raised when a field of the result changes its meaning or goes away. */
export const GUEST_BENCH_SCHEMA = 2;

/**
 * What is counted: instructions of an emulated machine, or ticks of the time stamp counter of one that runs as fast as it can: cycles at the processor's nominal
 * frequency under KVM, under emulation a time that only ratios mean something of.
 */
export const METERS = ['instructions', 'ticks'] as const;
export type Meter = (typeof METERS)[number];

export interface GuestBenchOptions {
  /** As for a link. */
  readonly kit?: string;
  /** Besides ring 0 as it is: the options of docs/options.md to link the program with, a boot for each set. */
  readonly variants?: readonly (readonly UklOption[])[];
  /** `instructions` when absent. */
  readonly meter?: Meter;
  readonly onSubject?: (done: number, subjects: number) => void;
  readonly signal?: AbortSignal;
}

export interface GuestBenchResult {
  readonly schema: number;
  readonly tool: string;
  readonly kit: { readonly key: string; readonly release: string; readonly profile: string };
  readonly compiler: string;
  readonly meter: Meter;
  /** How ticks are executed, and how instructions are: what is left out is QEMU’s default. */
  readonly machine: {
    readonly qemu: string;
    readonly accelerator: Accelerator;
    readonly cpu?: string;
    readonly icount?: string;
  };
  readonly variants: readonly (readonly UklOption[])[];
  readonly subjects: readonly GuestSubject[];
}

export interface GuestSubject {
  readonly id: string;
  readonly title: string;
  /** Without what measuring costs. */
  readonly counts: Readonly<Record<Ring, Count>>;
  /** Ring 0 to ring 3. */
  readonly ratio: number;
  /** Ring 0 with options, in the order of the result’s `variants`; the ratio is to ring 3 without any. */
  readonly variants: readonly { readonly count: Count; readonly ratio: number }[];
}

const QEMU = 'qemu-system-x86_64';

/** Without fast string instructions a page is cleared in 512 steps of `rep stosq` instead of 4,096 of `rep stosb`; each step counts as an instruction. */
const CPU = 'max,-erms,-fsrm';

/** The time stamp counter counts instructions; when all processes wait, the clock leaps to the next timer. */
const ICOUNT = 'shift=0,sleep=off';

/** How a machine runs that counts instructions. */
const COUNTING = {
  accelerator: 'tcg',
  qemuArguments: ['-cpu', CPU, '-icount', ICOUNT],
  // A clock that leaps looks unstable to the kernel's watchdog of clocks, and time would cost a system call.
  append: 'tsc=reliable',
} as const;

/** Seconds: a hundred times what a default kit takes on an idle machine; a debugging one is slow. */
const LIMIT = 2400;

/**
 * What system calls, faults, switches, forks … cost the same program in ring 3 and in ring 0, on the same kernel in the same boot: in
 * instructions of the emulated machine, kernel and program together, which do not depend on the host's speed or load.
 *
 * @throws UklError UKL4xxx for the kit, UKL5001 without QEMU, UKL5020 if the machine did not count, UKL6002, UKL6007 for gcc
 */
export async function benchGuest({
  kit,
  variants = [],
  meter = 'instructions',
  onSubject,
  signal,
}: GuestBenchOptions = {}): Promise<GuestBenchResult> {
  demandRequirements([
    { kind: 'command', name: 'gcc', package: 'gcc' },
    { kind: 'command', name: QEMU, package: 'qemu-system-x86' },
  ]);
  const folder = temporaryName(join(tmpdir(), 'ukl-bench'));
  try {
    await mkdir(folder, { mode: 0o700 });
    const { objects, initrd, compiler } = await makeGuestProgram(folder);
    const image = join(folder, 'image');
    const boots: Counts[] = [];
    let linked: LinkResult | undefined;
    let accelerator: Accelerator = 'tcg';
    for (const enable of [[], ...variants]) {
      linked = await link({ program: objects, output: image, enable, ...(kit === undefined ? {} : { kit }) });
      const turn = boots.length;
      const onRun = (done: number, runs: number): void =>
        onSubject?.(turn * runs + done, runs * (variants.length + 1));
      const { counts, accelerator: used } = await measureImage(image, initrd, meter, onRun, signal);
      boots.push(counts);
      accelerator = used;
    }
    const [plain, ...others] = boots;
    if (plain === undefined || linked === undefined) throw new RangeError('nothing was measured');
    const { key, kernel } = linked.kit.manifest;
    return {
      schema: GUEST_BENCH_SCHEMA,
      tool: packageVersion(),
      kit: { key, release: kernel.release, profile: kernel.profile },
      compiler,
      meter,
      machine: {
        qemu: qemuVersion(),
        accelerator,
        ...(meter === 'instructions' ? { cpu: CPU, icount: ICOUNT } : {}),
      },
      variants,
      subjects: [...guestSubjects].map(([id, title]) => subjectOf(id, title, plain, others)),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
    forgetTemporary(folder);
  }
}

/** Boots the image once and reads what its program counted in both rings. */
async function measureImage(
  image: string,
  initrd: string,
  meter: Meter,
  onSubject: GuestBenchOptions['onSubject'],
  signal: AbortSignal | undefined,
): Promise<{ readonly counts: Counts; readonly accelerator: Accelerator }> {
  // The program's own two as well, in each ring.
  const runs = (guestSubjects.size + 2) * RINGS.length;
  let console = '';
  const { outcome, accelerator } = await runImage({
    image,
    initrd,
    network: 'none',
    ...(meter === 'instructions' ? COUNTING : {}),
    timeout: LIMIT,
    ...(signal === undefined ? {} : { signal }),
    onConsole: (bytes) => {
      console += Buffer.from(bytes).toString('latin1');
      onSubject?.(Math.min(console.split('\n').length - 1, runs), runs);
    },
  });
  const counts = parseSamples(console);
  const problem =
    outcome.kind !== 'exit' || outcome.status !== 0
      ? 'the program failed'
      : meter === 'instructions'
        ? calibrationProblem(counts)
        : undefined;
  if (problem === undefined) return { counts, accelerator };
  throw new UklError(runErrors.notMeasured(problem, console.trimEnd().split('\n').slice(-20)));
}

/** What is wrong with the machine's counter; undefined if a loop of known length counts as what it is, to a thousandth. */
function calibrationProblem(counts: Counts): string | undefined {
  for (const ring of RINGS) {
    const counted = instructionsOf(counts, ring, KNOWN.name).instructions;
    if (Math.abs(counted - KNOWN.instructions) * 1000 <= KNOWN.instructions) continue;
    return `a loop of ${KNOWN.instructions} instructions counted as ${counted} in ${ring}`;
  }
  return undefined;
}

function subjectOf(id: string, title: string, counts: Counts, others: readonly Counts[]): GuestSubject {
  const ring3 = instructionsOf(counts, 'ring3', id);
  const ring0 = instructionsOf(counts, 'ring0', id);
  const ratioOf = ({ instructions }: Count): number => instructions / ring3.instructions;
  const variants = others.map((other) => {
    const count = instructionsOf(other, 'ring0', id);
    return { count, ratio: ratioOf(count) };
  });
  return { id, title, counts: { ring3, ring0 }, ratio: ratioOf(ring0), variants };
}

/** One count, less what an empty round counts. */
function instructionsOf(counts: Counts, ring: Ring, id: string): Count {
  const [count, empty] = [counts[ring].get(id), counts[ring].get(EMPTY)];
  if (count === undefined || empty === undefined)
    throw new UklError(runErrors.notMeasured(`it said nothing of ${id} in ${ring}`, []));
  return { ...count, instructions: count.instructions - empty.instructions };
}

function qemuVersion(): string {
  return execFileSync(QEMU, ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? '';
}
