import type { Diagnostic } from '../errors/index.js';
import { PassTimer } from '../host/index.js';
import type { LinkedProgram } from '../image/index.js';
import { ldInputs, ldOptions, type ResolvedInputs, type Toolchain } from '../inputs/index.js';
import { finishProgram, parseLinkMap, runLd } from '../ld/index.js';
import type { SiteSource, SyscallReport } from '../report/index.js';
import {
  RewriteCache,
  originalNames,
  prefixedName,
  readSites,
  rewriteInputs,
  type RewriteOptions,
} from '../rewrite/index.js';

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
        entry: prefixedName(inputs.settings.entry ?? '_start'),
        wanted: inputs.settings.wanted.map(prefixedName),
        options: ldOptions(inputs.settings),
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
        stripAll: inputs.settings.stripAll,
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
  const { reportSites } = await import('../report/index.js');
  return reportSites(sources, parseLinkMap(map));
}
