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
import { writeCpio } from './image/cpio.js';
import { defaultRootfs, type RootfsEntry } from './image/rootfs.js';
import { readRootfs, rootfsWithProgram } from './image/user-rootfs.js';
import {
  checkEnvironment,
  checkOutput,
  executableFindings,
  findToolchain,
  ldInputs,
  openExecutable,
  parseProgramArguments,
  resolveInputs,
  type Executable,
  type ProgramArguments,
  type ResolvedInputs,
  type Toolchain,
} from './inputs/index.js';
import { readKitFile, type Kit } from './kernel/kit.js';
import { findKit } from './kernel/store.js';
import { finishProgram, parseLinkMap, runLd } from './ld/index.js';
import { linkExecutable } from './link-executable.js';
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
  const { kit, source, tree } = await timer.run(
    'resolve',
    () => resolveAll(options),
    ({ source }) => sourceSize(source),
  );
  // The kit's megabytes are read and compared with their digests while ld runs.
  const loading = attempt(() => loadParts(kit, compress));
  const base = BigInt(kit.manifest.slot.start);
  const imports = new Map(Object.entries(kit.manifest.symbols).map(([name, at]) => [name, BigInt(at)]));

  // 2. – 3. Rewrite the inputs, link them to the slot's address, collect what KASLR moves; or lay out what is linked already.
  const { map, debugFile } = options;
  const rewriting = { syscalls: options.syscalls ?? 'redirect' };
  const withSites = map !== undefined || options.sites === true;
  const withDebug = debugFile !== undefined;
  const slot = { vaddr: base, size: kit.manifest.slot.size };
  const {
    program,
    warnings: said,
    syscalls,
    debug,
  } = 'executable' in source
    ? await linkExecutable({ executable: source.executable, slot, withSites }, timer)
    : await linkProgram({ ...source, base, imports, rewriting, withSites, withDebug }, timer);
  const warnings = judgeFindings(said, options);
  if (warnings.some(({ severity }) => severity === 'error')) throw new UklError(warnings);
  const { value: loaded, problems } = await loading;
  if (loaded === undefined) throw new UklError(problems);
  const { parts, init } = loaded;

  // 4. The root file system.
  const rootfs = await timer.run(
    'root file system',
    () => makeRootfs(init, options, tree),
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
    warnings: [...warningsOf(source), ...warnings],
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

/** What is to be linked and with what, or an executable that is linked already, and the warnings about it. */
type ProgramSource =
  | { readonly inputs: ResolvedInputs; readonly toolchain: Toolchain }
  | { readonly executable: Executable; readonly warnings: readonly Diagnostic[] };

const sourceSize = (source: ProgramSource): number =>
  'executable' in source
    ? source.executable.elf.bytes.length
    : source.inputs.files.reduce((sum, { size }) => sum + size, 0);

const warningsOf = (source: ProgramSource): readonly Diagnostic[] =>
  'executable' in source ? source.warnings : source.inputs.warnings;

/** What pass 1 finds. */
interface Resolved {
  /** Whose files are there in full length; their content is compared when they are loaded. */
  readonly kit: Kit;
  readonly source: ProgramSource;
  /** The user's root file system. */
  readonly tree: readonly RootfsEntry[] | undefined;
}

/** What a link needs of a kit, checked. */
interface KitContent {
  readonly parts: BootParts;
  readonly init: Uint8Array;
}

async function loadParts(kit: Kit, compress: ImageCompression): Promise<KitContent> {
  const [parts, init] = await Promise.all([
    attempt(() => loadBootParts(kit.folder, compress)),
    attempt(() => readKitFile(kit, 'init')),
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
  const program = await attempt(() => parseProgramArguments(options.program));
  const [kit, source, tree, ...places] = await Promise.all([
    attempt(() => findKit(options.kit)),
    attempt(() => program.value && resolveSource(program.value, options)),
    attempt(() => (rootfs === undefined ? undefined : readRootfs(rootfs))),
    ...[output, ...others].map((path) => attempt(() => demandReplaceable(path))),
  ]);
  const paths = source.value === undefined ? [] : pathsOf(source.value);
  const taken = rootfs === undefined ? paths : [...paths, rootfs];
  const problems = [
    ...[kit, program, source, tree, ...places].flatMap((tried) => tried.problems),
    ...checkOutput(output, taken),
    ...others.flatMap((path, i) => checkOutput(path, [...taken, output, ...others.slice(0, i)])),
    ...checkEnvironment(options.env),
    ...checkCmdline(options.cmdline ?? ''),
  ];
  const slot = kit.value?.manifest.slot.size ?? Infinity;
  const size = source.value !== undefined && 'inputs' in source.value ? source.value.inputs.memorySize : 0;
  if (size > slot) problems.push(imageErrors.programTooLarge(size, slot));
  if (!kit.value || !source.value || problems.length > 0) throw new UklError(problems);
  return { kit: kit.value, source: source.value, tree: tree.value };
}

/** A finished executable needs no tools and no libraries. */
async function resolveSource(program: ProgramArguments, options: WarningOptions): Promise<ProgramSource> {
  const executable = openExecutable(program);
  if (executable === undefined) {
    const toolchain = await findToolchain();
    return { toolchain, inputs: await resolveInputs(program, toolchain, undefined, options) };
  }
  const findings = judgeFindings(await executableFindings(executable, new RewriteCache()), options);
  if (findings.some(({ severity }) => severity === 'error')) throw new UklError(findings);
  return { executable, warnings: findings.filter(({ severity }) => severity === 'warning') };
}

/** The files that a link reads. */
function pathsOf(source: ProgramSource): string[] {
  return 'executable' in source
    ? [source.executable.path]
    : source.inputs.files.flatMap(({ path, memberPaths = [] }) => [path, ...memberPaths]);
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

/**
 * The archive that the kernel unpacks at boot, with the program's arguments and environment in it, and what the kernel must be told to
 * find its first process there.
 */
function makeRootfs(
  ourInit: Uint8Array,
  { program, args = [], env = [] }: LinkOptions,
  tree: readonly RootfsEntry[] | undefined,
): { archive: Uint8Array; cmdline?: string } {
  const content = { init: ourInit, argv: [programName(program), ...args], env };
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
