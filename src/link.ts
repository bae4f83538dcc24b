import { basename, extname, resolve } from 'node:path';
import { UklError, imageErrors, linkErrors, type Diagnostic } from './errors/index.js';
import { PassTimer, writeFileAtomic, type PassStats } from './host/index.js';
import { loadBootParts, packImage, type LinkedProgram } from './image/index.js';
import { writeCpio } from './image/cpio.js';
import { defaultRootfs, type RootfsEntry } from './image/rootfs.js';
import { readRootfs, rootfsWithProgram } from './image/user-rootfs.js';
import {
  findToolchain,
  ldInputs,
  memorySize,
  parseProgramArguments,
  resolveInputs,
  type ResolvedInputs,
  type Toolchain,
} from './inputs/index.js';
import { readKitFile, type Kit } from './kernel/kit.js';
import { findKit } from './kernel/store.js';
import { finishProgram, runLd } from './ld/index.js';
import { originalNames, prefixedName, rewriteInputs, type RewriteCache } from './rewrite/index.js';

export interface LinkOptions {
  /** The inputs in ld's order and spelling: files, `-lNAME`, `-LDIR`, groups … */
  readonly program: readonly string[];
  /** Path of the image. */
  readonly output: string;
  /** Name of a kit (a folder, or the first digits of its key); without one, the kit that links take when none is named. */
  readonly kit?: string;
  /** The program's arguments, its name (argv[0]) not included. */
  readonly args?: readonly string[];
  /** `NAME=value` each. */
  readonly env?: readonly string[];
  /** Default kernel command line. */
  readonly cmdline?: string;
  /** Folder or cpio archive that replaces the default root file system. */
  readonly rootfs?: string;
}

export interface LinkResult {
  readonly output: string;
  /** Bytes of the image. */
  readonly size: number;
  readonly kit: Kit;
  readonly warnings: readonly Diagnostic[];
  readonly passes: readonly PassStats[];
}

/**
 * Links a program with the kernel of a kit into one bootable image. Nothing is left behind and an existing output stays as it was when
 * anything fails. Throws one UklError with every problem that could be found.
 */
export async function link(options: LinkOptions): Promise<LinkResult> {
  const timer = new PassTimer();

  // 1. Resolve: options, tools, kit, inputs, symbols. What is wrong with any of them is reported together.
  const { kit, inputs, toolchain, tree } = await timer.run(
    'resolve',
    () => resolveAll(options),
    ({ inputs }) => inputs.files.reduce((sum, { bytes }) => sum + bytes.length, 0),
  );
  const base = BigInt(kit.manifest.slot.start);

  // 2. – 3. Rewrite the inputs, link them to the slot's address, collect what KASLR moves.
  const { program, warnings } = await linkProgram({ inputs, toolchain, base }, timer);

  // 4. The root file system.
  const rootfs = await timer.run(
    'root file system',
    () => makeRootfs(kit, options, tree),
    ({ archive }) => archive.length,
  );

  // 5. Graft and pack.
  const parts = await timer.run(
    'load kit',
    () => loadBootParts(kit.folder),
    ({ blocks }) => blocks.length,
  );
  const cmdline = [rootfs.cmdline, options.cmdline].filter((part) => part !== undefined).join(' ');
  const image = await timer.run(
    'graft and pack',
    () => packImage(parts, { program, initramfs: rootfs.archive, ...(cmdline === '' ? {} : { cmdline }) }),
    sizeOf,
  );

  // 6. Write the image, whole or not at all.
  await timer.run(
    'write',
    () => writeFileAtomic(options.output, image),
    () => image.length,
  );
  return {
    output: options.output,
    size: image.length,
    kit,
    warnings: [...inputs.warnings, ...warnings],
    passes: timer.passes,
  };
}

/** A program whose inputs are resolved, and where it goes. */
export interface ProgramJob {
  readonly inputs: ResolvedInputs;
  readonly toolchain: Toolchain;
  /** Link address of the image's first byte, `__ukl_slot_start`. */
  readonly base: bigint;
  readonly cache?: RewriteCache;
}

/** The passes between inputs and a program that fits the slot. Throws UKL2014-2016, UKL6003-6005. */
export async function linkProgram(
  job: ProgramJob,
  timer = new PassTimer(),
): Promise<{ readonly program: LinkedProgram; readonly warnings: readonly Diagnostic[] }> {
  const { inputs, toolchain, base } = job;
  const rewritten = await timer.run(
    'rewrite',
    () => rewriteInputs(inputs.files, job.cache),
    ({ madeBytes }) => madeBytes,
  );
  const linked = await timer.run(
    'ld',
    () =>
      runLd({
        ld: toolchain.ld,
        inputs: ldInputs(inputs.items, rewritten.paths),
        base,
        entry: prefixedName('_start'),
        wanted: inputs.wanted.map(prefixedName),
        explain: originalNames(rewritten.paths),
      }),
    ({ bytes }) => bytes.length,
  );
  const program = await timer.run(
    'boot relocations',
    () => finishProgram(linked.bytes, base),
    ({ elf }) => elf.length,
  );
  return { program, warnings: linked.warnings };
}

/** What pass 1 finds. */
interface Resolved {
  readonly kit: Kit;
  readonly inputs: ResolvedInputs;
  readonly toolchain: Toolchain;
  /** The user's root file system. */
  readonly tree: readonly RootfsEntry[] | undefined;
}

/** Everything of pass 1 that can be looked at on its own, so that one run names all that is missing. */
async function resolveAll(options: LinkOptions): Promise<Resolved> {
  const { rootfs } = options;
  const [kit, toolchain, program, tree] = await Promise.all([
    attempt(() => findKit(options.kit)),
    attempt(() => findToolchain()),
    attempt(() => parseProgramArguments(options.program)),
    attempt(() => (rootfs === undefined ? undefined : readRootfs(rootfs))),
  ]);
  const inputs = await attempt(() =>
    program.value === undefined || toolchain.value === undefined
      ? undefined
      : resolveInputs(program.value, toolchain.value),
  );
  const problems = [kit, toolchain, program, tree, inputs].flatMap((tried) => tried.problems);
  const output = resolve(options.output);
  if (inputs.value?.files.some(({ path }) => resolve(path) === output) === true) {
    problems.push(linkErrors.outputIsInput(options.output));
  }
  const slot = kit.value?.manifest.slot.size ?? Infinity;
  const size = inputs.value === undefined ? 0 : memorySize(inputs.value.objects);
  if (size > slot) problems.push(imageErrors.programTooLarge(size, slot));
  if (!kit.value || !toolchain.value || !inputs.value || problems.length > 0) throw new UklError(problems);
  return { kit: kit.value, toolchain: toolchain.value, inputs: inputs.value, tree: tree.value };
}

/** What a piece of work gives, or what is wrong: other pieces go on. */
async function attempt<T>(
  work: () => T | Promise<T>,
): Promise<{ readonly value?: T; readonly problems: readonly Diagnostic[] }> {
  try {
    return { value: await work(), problems: [] };
  } catch (error) {
    if (error instanceof UklError) return { problems: error.diagnostics };
    throw error;
  }
}

/**
 * The archive that the kernel unpacks at boot, with the program's arguments and environment in it, and what the kernel must be told to
 * find its first process there.
 */
async function makeRootfs(
  kit: Kit,
  { program, args = [], env = [] }: LinkOptions,
  tree: readonly RootfsEntry[] | undefined,
): Promise<{ archive: Uint8Array; cmdline?: string }> {
  const content = { init: await readKitFile(kit, 'init'), argv: [programName(program), ...args], env };
  if (tree === undefined) return { archive: writeCpio(defaultRootfs(content)) };
  const { entries, init } = rootfsWithProgram(tree, content);
  const archive = writeCpio(entries);
  return init === '/init' ? { archive } : { archive, cmdline: `rdinit=${init}` };
}

/** argv[0]: the first input's name without its ending. */
function programName(program: readonly string[]): string {
  const first = program.find((word) => !word.startsWith('-')) ?? 'program';
  return basename(first, extname(first));
}

const sizeOf = ({ length }: Uint8Array): number => length;
