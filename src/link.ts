import { basename, extname } from 'node:path';
import {
  UklError,
  imageErrors,
  judgeFindings,
  type Diagnostic,
  type WarningOptions,
} from './errors/index.js';
import { PassTimer, demandReplaceable, writeFileAtomic, type PassStats } from './host/index.js';
import {
  COMPRESSIONS,
  loadBootParts,
  packImage,
  type BootParts,
  type ImageCompression,
  type LinkedProgram,
} from './image/index.js';
import { checkCmdline } from './image/cmdline.js';
import { readGuestInit } from './image/guest-init.js';
import { contentSize, type RootfsEntry } from './image/rootfs-entry.js';
import { makeRootfs } from './image/make-rootfs.js';
import type { DefaultRootfs } from './image/rootfs.js';
import type { AddedFile } from './image/added-files.js';
import { readRootfs } from './image/user-rootfs.js';
import {
  checkEnvironment,
  checkOutput,
  findToolchain,
  ldInputs,
  parseProgramArguments,
  resolveInputs,
  type ResolvedInputs,
  type Toolchain,
} from './inputs/index.js';
import type { Kit } from './kernel/kit.js';
import { findKit } from './kernel/store.js';
import { finishProgram, parseLinkMap, runLd } from './ld/index.js';
import type { SiteSource, SyscallReport } from './report/index.js';
import {
  RewriteCache,
  originalNames,
  prefixedName,
  readSites,
  rewriteInputs,
  type RewriteOptions,
  type SyscallMode,
} from './rewrite/index.js';

export interface LinkOptions extends WarningOptions {
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
  /** Files of the host that are added to it; they replace what it has at their place. */
  readonly files?: readonly AddedFile[];
  /** Whether system call sites are led to the kernel's entry where that is proven right (the default), or all left alone. */
  readonly syscalls?: SyscallMode;
  /** Path of a text file that says what became of each system call site. */
  readonly map?: string;
  /** Whether the result is to say so as well. */
  readonly sites?: boolean;
  /** Path of a file for debuggers: the linked program with the debugging information of its inputs. */
  readonly debugFile?: string;
  /** What the image is compressed with; `lz4` when absent. */
  readonly compress?: ImageCompression;
}

export interface LinkResult {
  readonly output: string;
  /** Bytes of the image. */
  readonly size: number;
  readonly compress: ImageCompression;
  readonly kit: Kit;
  readonly warnings: readonly Diagnostic[];
  readonly passes: readonly PassStats[];
  /** The most memory that this process has held, in bytes; ld is a process of its own. */
  readonly peakMemory: number;
  /** What became of the system call sites, if that was asked for. */
  readonly syscalls?: SyscallReport;
}

/**
 * Links a program with the kernel of a kit into one bootable image. Nothing is left behind and an existing output stays as it was when
 * anything fails. Throws one UklError with every problem that could be found.
 */
export async function link(options: LinkOptions): Promise<LinkResult> {
  const timer = new PassTimer();
  const { compress = COMPRESSIONS[0] } = options;

  // 1. Resolve: options, tools, kit, inputs, symbols. What is wrong with any of them is reported together.
  const { kit, inputs, toolchain, tree, added } = await timer.run(
    'resolve',
    () => resolveAll(options),
    ({ inputs }) => inputs.files.reduce((sum, { size }) => sum + size, 0),
  );
  // The kit's megabytes are read and compared with their digests while ld runs.
  const loading = attempt(() => loadParts(kit, compress));
  const base = BigInt(kit.manifest.slot.start);
  const imports = new Map(Object.entries(kit.manifest.symbols).map(([name, at]) => [name, BigInt(at)]));

  // 2. – 3. Rewrite the inputs, link them to the slot's address, collect what KASLR moves.
  const { map, debugFile } = options;
  const rewriting = { syscalls: options.syscalls ?? 'redirect' };
  const withSites = map !== undefined || options.sites === true;
  const withDebug = debugFile !== undefined;
  const job = { inputs, toolchain, base, imports, rewriting, withSites, withDebug };
  const { program, warnings: said, syscalls, debug } = await linkProgram(job, timer);
  const warnings = judgeFindings(said, options);
  if (warnings.some(({ severity }) => severity === 'error')) throw new UklError(warnings);
  const { value: loaded, problems } = await loading;
  if (loaded === undefined) throw new UklError(problems);
  const { parts, init } = loaded;

  // 4. The root file system.
  const rootfs = await timer.run(
    'root file system',
    () => makeRootfs(contentOf(init, options), { tree, added }),
    ({ archive }) => archive.length,
  );

  // 5. Graft and pack.
  const cmdline = [rootfs.cmdline, options.cmdline].filter((part) => part !== undefined).join(' ');
  const image = await timer.run(
    'graft and pack',
    () =>
      packImage(parts, {
        program,
        initramfs: rootfs.archive,
        kit: kit.manifest.key,
        ...(cmdline === '' ? {} : { cmdline }),
      }),
    sizeOf,
  );

  // 6. Write what was asked for, each file whole or not at all. The image last: an old one stays if anything fails.
  if (map !== undefined && syscalls !== undefined) {
    const { formatSyscallMap } = await import('./report/index.js');
    await writeFileAtomic(map, formatSyscallMap(syscalls));
  }
  if (debugFile !== undefined && debug !== undefined) await writeFileAtomic(debugFile, debug);
  await timer.run(
    'write',
    () => writeFileAtomic(options.output, image),
    () => image.length,
  );
  return {
    output: options.output,
    size: image.length,
    compress,
    kit,
    warnings: [...inputs.warnings, ...warnings],
    passes: timer.passes,
    // getrusage(2) counts kilobytes.
    peakMemory: process.resourceUsage().maxRSS * 1024,
    ...(syscalls === undefined ? {} : { syscalls }),
  };
}

/** A program whose inputs are resolved, and where it goes. */
export interface ProgramJob {
  readonly inputs: ResolvedInputs;
  readonly toolchain: Toolchain;
  /** Link address of the image's first byte, `__ukl_slot_start`. */
  readonly base: bigint;
  /** Link addresses of what a program may call in the kernel; see src/kernel/symbols.ts. */
  readonly imports: ReadonlyMap<string, bigint>;
  readonly rewriting: RewriteOptions;
  /** Whether to say what became of each system call site. */
  readonly withSites?: boolean;
  /** Whether to give the linked file with the debugging information of its inputs. */
  readonly withDebug?: boolean;
  readonly cache?: RewriteCache;
}

/** What the slot gets, and what there is to say about it. */
export interface LinkedProgramResult {
  readonly program: LinkedProgram;
  readonly warnings: readonly Diagnostic[];
  readonly syscalls: SyscallReport | undefined;
  /** For debuggers: the file as ld has written it. */
  readonly debug: Uint8Array | undefined;
}

/** The passes between inputs and a program that fits the slot. Throws UKL2014-2016, UKL6003-6005. */
export async function linkProgram(job: ProgramJob, timer = new PassTimer()): Promise<LinkedProgramResult> {
  const { inputs, toolchain, base, imports, rewriting, cache = new RewriteCache() } = job;
  const rewritten = await timer.run(
    'rewrite',
    () => rewriteInputs(inputs.files, rewriting, cache),
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
        imports,
        debug: job.withDebug === true,
        map: job.withSites === true,
        explain: originalNames(rewritten.paths),
      }),
    ({ bytes }) => bytes.length,
  );
  const program = await timer.run(
    'boot relocations',
    () =>
      finishProgram(linked.bytes, base, {
        imports: new Set(imports.keys()),
        executableStack: inputs.executableStack,
        stripAll: inputs.stripAll,
      }),
    ({ elf }) => elf.length,
  );
  const { map, warnings } = linked;
  const syscalls =
    map === undefined
      ? undefined
      : await timer.run(
          'system call sites',
          () => collectSites({ ...job, cache }, rewritten.paths, map),
          () => map.length,
        );
  return { program, warnings, syscalls, debug: job.withDebug === true ? linked.bytes : undefined };
}

/** The sites of every file, as they were found when it was rewritten, at the addresses of ld's map. */
async function collectSites(
  { inputs, rewriting, cache }: ProgramJob & { readonly cache: RewriteCache },
  paths: ReadonlyMap<string, string>,
  map: string,
): Promise<SyscallReport> {
  const sources: SiteSource[] = [];
  for (const file of inputs.files) {
    const objects = await readSites(file, rewriting, cache);
    sources.push({ path: file.path, rewritten: paths.get(file.path) ?? file.path, objects });
  }
  const { reportSites } = await import('./report/index.js');
  return reportSites(sources, parseLinkMap(map));
}

/** What pass 1 finds. */
interface Resolved {
  /** Whose files are there in full length; their content is compared when they are loaded. */
  readonly kit: Kit;
  readonly inputs: ResolvedInputs;
  readonly toolchain: Toolchain;
  /** The user's root file system. */
  readonly tree: readonly RootfsEntry[] | undefined;
  /** What is put into it. */
  readonly added: readonly RootfsEntry[];
}

/** What a link needs besides its inputs, checked. */
interface ImageParts {
  readonly parts: BootParts;
  readonly init: Uint8Array;
}

async function loadParts(kit: Kit, compress: ImageCompression): Promise<ImageParts> {
  const [parts, init] = await Promise.all([
    attempt(() => loadBootParts(kit.folder, compress)),
    attempt(() => readGuestInit()),
  ]);
  if (parts.value === undefined || init.value === undefined) {
    throw new UklError([...parts.problems, ...init.problems]);
  }
  return { parts: parts.value, init: init.value };
}

/** Everything of pass 1 that can be looked at on its own, so that one run names all that is missing. */
async function resolveAll(options: LinkOptions): Promise<Resolved> {
  const { rootfs, output, map, debugFile } = options;
  const others = [map, debugFile].filter((path) => path !== undefined);
  const [toolchain, kit, program, tree, added, ...places] = await Promise.all([
    attempt(() => findToolchain()),
    attempt(() => findKit(options.kit)),
    attempt(() => parseProgramArguments(options.program)),
    attempt(() => (rootfs === undefined ? undefined : readRootfs(rootfs))),
    attempt(() => addedFiles(options.files)),
    ...[output, ...others].map((path) => attempt(() => demandReplaceable(path))),
  ]);
  const inputs = await attempt(() =>
    program.value === undefined || toolchain.value === undefined
      ? undefined
      : resolveInputs(program.value, toolchain.value, undefined, options),
  );
  const paths = inputs.value?.files.flatMap(({ path, memberPaths = [] }) => [path, ...memberPaths]) ?? [];
  const given = (options.files ?? []).map(({ host }) => host);
  const taken = [...paths, ...given, ...(rootfs === undefined ? [] : [rootfs])];
  const problems = [
    ...[kit, toolchain, program, tree, added, ...places, inputs].flatMap((tried) => tried.problems),
    ...checkOutput(output, taken),
    ...others.flatMap((path, i) => checkOutput(path, [...taken, output, ...others.slice(0, i)])),
    ...checkEnvironment(options.env),
    ...checkCmdline(options.cmdline ?? ''),
  ];
  const slot = kit.value?.manifest.slot.size ?? Infinity;
  const size = inputs.value?.memorySize ?? 0;
  if (size > slot) problems.push(imageErrors.programTooLarge(size, slot));
  const more = added.value ?? [];
  // Before they are read: they may be more than this machine has memory for.
  const bytes = more.reduce((sum, entry) => sum + contentSize(entry), 0);
  if (size <= slot && size + bytes > slot) problems.push(imageErrors.initramfsTooLarge(bytes, size, slot));
  if (!kit.value || !toolchain.value || !inputs.value || problems.length > 0) throw new UklError(problems);
  return {
    kit: kit.value,
    toolchain: toolchain.value,
    inputs: inputs.value,
    tree: tree.value,
    added: more,
  };
}

async function addedFiles(files: readonly AddedFile[] = []): Promise<RootfsEntry[]> {
  if (files.length === 0) return [];
  const { readAddedFiles } = await import('./image/added-files.js');
  return readAddedFiles(files);
}

/** What a piece of work gave, or what is wrong. */
interface Attempt<T> {
  readonly value?: T;
  readonly problems: readonly Diagnostic[];
}

/** Tries a piece of work: when it fails, others go on. */
async function attempt<T>(work: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work(), problems: [] };
  } catch (error) {
    if (error instanceof UklError) return { problems: error.diagnostics };
    throw error;
  }
}

/** What every root file system of an image has. */
function contentOf(init: Uint8Array, { program, args = [], env = [] }: LinkOptions): DefaultRootfs {
  return { init, argv: [programName(program), ...args], env };
}

/** argv[0]: the first input's name without its ending. */
function programName(program: readonly string[]): string {
  const first = program.find((word) => !word.startsWith('-')) ?? 'program';
  return basename(first, extname(first));
}

const sizeOf = ({ length }: Uint8Array): number => length;
