import { join } from 'node:path';
import { UklError, imageErrors, judgeFindings, type Diagnostic } from '../errors/index.js';
import { demandReplaceable, packageRoot } from '../host/index.js';
import { checkCmdline } from '../image/cmdline.js';
import { contentSize, type RootfsEntry } from '../image/rootfs-entry.js';
import { readRootfs } from '../image/user-rootfs.js';
import {
  checkEnvironment,
  checkOutput,
  executableFindings,
  findToolchain,
  openExecutable,
  parseProgramArguments,
  resolveInputs,
  type Executable,
  type ProgramArguments,
  type ResolvedInputs,
  type Toolchain,
} from '../inputs/index.js';
import type { Kit } from '../kernel/kit.js';
import { findKit } from '../kernel/store.js';
import { RewriteCache } from '../rewrite/index.js';
import { attempt } from './attempt.js';
import { checkEnabled } from './check-enabled.js';
import type { LinkOptions } from './options.js';

/** Made of lib/upcall/ when the tool is built. */
const UPCALL_LIBRARY = join(packageRoot, 'dist', 'libukl_upcall.a');

/** What is to be linked and with what, or an executable that is linked already and what there is to say about it. */
export type ProgramSource =
  | { readonly kind: 'inputs'; readonly inputs: ResolvedInputs; readonly toolchain: Toolchain }
  | {
      readonly kind: 'executable';
      readonly executable: Executable;
      readonly warnings: readonly Diagnostic[];
    };

/** A file that a link reads. */
export interface SourceFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Thin archives: the files of its members. */
  readonly memberPaths?: readonly string[];
}

/** What pass 1 finds. */
export interface Resolved {
  /** Whose files are there in full length; their content is compared when they are loaded. */
  readonly kit: Kit;
  readonly source: ProgramSource;
  /** The files that the program is made of. */
  readonly files: readonly SourceFile[];
  /** The user's root file system. */
  readonly tree: readonly RootfsEntry[] | undefined;
  /** What is put into it. */
  readonly added: readonly RootfsEntry[];
}

/** Everything of pass 1 that can be looked at on its own, so that one run names all that is missing. */
export async function resolveAll(options: LinkOptions): Promise<Resolved> {
  const { rootfs, output, map, debugFile, dependencyFile } = options;
  const others = [map, debugFile, dependencyFile].filter((path) => path !== undefined);
  const program = await attempt(() => parseProgramArguments(options.program));
  const [source, kit, tree, added, ...places] = await Promise.all([
    attempt(() => resolveSource(program.value, options)),
    attempt(() => findKit(options.kit)),
    attempt(() => (rootfs === undefined ? undefined : readRootfs(rootfs))),
    attempt(() => addedFiles(options)),
    ...[output, ...others].map((path) => attempt(() => demandReplaceable(path))),
  ]);
  const files = source.value === undefined ? [] : filesOf(source.value);
  const paths = files.flatMap(({ path, memberPaths = [] }) => [path, ...memberPaths]);
  const given = (options.files ?? []).map(({ host }) => host);
  const taken = [...paths, ...given, ...(rootfs === undefined ? [] : [rootfs])];
  const problems = [
    ...[kit, program, tree, added, ...places, source].flatMap((tried) => tried.problems),
    ...checkOutput(output, taken),
    ...others.flatMap((path, i) => checkOutput(path, [...taken, output, ...others.slice(0, i)])),
    ...checkEnvironment(options.env),
    ...checkCmdline(options.cmdline ?? ''),
    ...checkEnabled(options, source.value?.kind),
  ];
  const slot = kit.value?.manifest.slot.size ?? Infinity;
  const memory = source.value?.kind === 'inputs' ? source.value.inputs.memorySize : 0;
  if (memory > slot) problems.push(imageErrors.programTooLarge(memory, slot));
  const more = added.value ?? [];
  // Before they are read: they may be more than this machine has memory for.
  const bytes = more.reduce((sum, entry) => sum + contentSize(entry), 0);
  if (memory <= slot && memory + bytes > slot)
    problems.push(imageErrors.initramfsTooLarge(bytes, memory, slot));
  if (!kit.value || !source.value || problems.length > 0) throw new UklError(problems);
  return { kit: kit.value, source: source.value, files, tree: tree.value, added: more };
}

async function addedFiles({ files = [] }: LinkOptions): Promise<RootfsEntry[]> {
  if (files.length === 0) return [];
  const { readAddedFiles } = await import('../image/added-files.js');
  return readAddedFiles(files);
}

/** A finished executable needs no tools and no libraries. What a machine lacks is said even of a command line that is wrong. */
async function resolveSource(
  program: ProgramArguments | undefined,
  options: LinkOptions,
): Promise<ProgramSource | undefined> {
  const executable = program && openExecutable(program);
  if (executable !== undefined) {
    const findings = judgeFindings(await executableFindings(executable, new RewriteCache()), options);
    if (findings.some(({ severity }) => severity === 'error')) throw new UklError(findings);
    const warnings = findings.filter(({ severity }) => severity === 'warning');
    return { kind: 'executable', executable, warnings };
  }
  const toolchain = await findToolchain();
  if (program === undefined) return undefined;
  const whole = options.enable?.includes('libupcall') === true ? withUpcalls(options) : program;
  return { kind: 'inputs', toolchain, inputs: await resolveInputs(whole, toolchain, undefined, options) };
}

/** The archive behind all else, as compilers put their own libraries. */
function withUpcalls({ program }: LinkOptions): ProgramArguments {
  return parseProgramArguments([...program, UPCALL_LIBRARY]);
}

function filesOf(source: ProgramSource): readonly SourceFile[] {
  if (source.kind === 'inputs') return source.inputs.files;
  const { path, elf } = source.executable;
  return [{ path, size: elf.bytes.length }];
}
