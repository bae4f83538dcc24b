import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UklError, hostErrors, linkErrors, type Diagnostic } from '../errors/index.js';
import { asIoError, forgetTemporary, packageRoot, systemCode, temporaryName } from '../host/index.js';

/** One input of ld, by path. */
export type LdInput =
  | { readonly kind: 'object'; readonly path: string }
  | { readonly kind: 'archive'; readonly path: string; readonly whole: boolean }
  | { readonly kind: 'group'; readonly items: readonly LdInput[] };

export interface LdJob {
  /** Path of GNU ld. */
  readonly ld: string;
  readonly inputs: readonly LdInput[];
  /** Address of the image's first byte: the kit's `__ukl_slot_start`. */
  readonly base: bigint;
  /** Name of the entry symbol. */
  readonly entry: string;
  /** Symbols that archives are searched for although nothing refers to them. */
  readonly wanted: readonly string[];
  /** What the user's options say, names as they are in the inputs. */
  readonly options: LdOptions;
  /** Link addresses of the kernel's functions that the program jumps to. */
  readonly imports: ReadonlyMap<string, bigint>;
  /** Whether the debugging information of the inputs is to be kept. */
  readonly debug: boolean;
  /** Whether to tell where every input section went. */
  readonly map: boolean;
  /** Turns what ld says into the user's words. */
  readonly explain: (text: string) => string;
}

/** Options of ld that a program in the slot may be linked with. */
export interface LdOptions {
  readonly gcSections?: boolean;
  readonly printGcSections?: boolean;
  readonly multipleDefinitions?: boolean;
  /** `--defsym`, each `SYMBOL=EXPRESSION`. */
  readonly defined?: readonly string[];
  /** `--wrap`: references to `name` go to `wrapper`, those to `real` to `name`. */
  readonly wrapped?: readonly { readonly name: string; readonly wrapper: string; readonly real: string }[];
}

/** Where the linker scripts of this package lie. */
export const LINKER_SCRIPT = join(packageRoot, 'linker-scripts', 'program.ld');

export interface LdResult {
  /** The ELF file, relocations kept in it (`--emit-relocs`). */
  readonly bytes: Uint8Array;
  /** UKL2019: what ld said although it succeeded. */
  readonly warnings: readonly Diagnostic[];
  /** GNU ld's own map, when it was asked for. */
  readonly map: string | undefined;
}

/**
 * Links the inputs to one ELF file at a fixed address. Throws UKL2014 with ld's own words when ld fails, UKL6003 when its disk
 * is full.
 */
export async function runLd(job: LdJob): Promise<LdResult> {
  const folder = temporaryName(join(tmpdir(), 'ukl-link'));
  try {
    await mkdir(folder, { mode: 0o700 });
    const output = join(folder, 'program');
    const map = join(folder, 'map');
    const wraps = await wrapArguments(job.options, folder);
    const said = await spawnLd(job, [
      ...ldArguments(job, output),
      ...wraps,
      ...(job.map ? [`-Map=${map}`] : []),
    ]);
    const bytes = await readFile(output).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
      throw new UklError(linkErrors.ldFailed('status 0, but wrote no program', said), { cause: error });
    });
    return {
      bytes,
      warnings: said === '' ? [] : [linkErrors.ldWarning(said)],
      map: job.map ? await readFile(map, 'utf8') : undefined,
    };
  } catch (error) {
    throw asIoError(error, folder, 'write');
  } finally {
    await rm(folder, { recursive: true, force: true });
    forgetTemporary(folder);
  }
}

/** The command line. Every option is there for a reason: */
function ldArguments(job: LdJob, output: string): string[] {
  return [
    ...['-m', 'elf_x86_64', '-static', '-o', output, '-T', LINKER_SCRIPT],
    ...[`--defsym=__ukl_link_base=0x${job.base.toString(16)}`, '-e', job.entry],
    // The kernel maps the slot page by page.
    ...['-z', 'max-page-size=4096', '-z', 'common-page-size=4096'],
    // The script lays RELRO out, and says that no stack is executable.
    ...['-z', 'norelro', '-z', 'noexecstack'],
    // Unwinders find the tables of a program without crtbeginT.o by PT_GNU_EH_FRAME.
    '--eh-frame-hdr',
    // For the boot relocations; debug sections would only bring more of them to read and drop.
    '--emit-relocs',
    ...(job.debug ? [] : ['--strip-debug']),
    // ld must not look for libraries on its own: all paths are resolved.
    '-nostdlib',
    ...job.wanted.map((name) => `--undefined=${name}`),
    ...optionArguments(job.options),
    ...[...job.imports].map(([name, address]) => `--defsym=${name}=0x${address.toString(16)}`),
    ...job.inputs.flatMap((input) => inputArguments(input, false)),
  ];
}

function optionArguments({
  gcSections,
  printGcSections,
  multipleDefinitions,
  defined = [],
}: LdOptions): string[] {
  return [
    ...(gcSections === true ? ['--gc-sections'] : []),
    ...(printGcSections === true ? ['--print-gc-sections'] : []),
    ...(multipleDefinitions === true ? ['--allow-multiple-definition'] : []),
    ...defined.map((definition) => `--defsym=${definition}`),
  ];
}

/**
 * ld forms the names for --wrap itself, in front of our prefix: `__wrap_ukl_malloc`. A script beside the inputs leads from these to what the
 * inputs call them.
 */
async function wrapArguments({ wrapped = [] }: LdOptions, folder: string): Promise<string[]> {
  if (wrapped.length === 0) return [];
  const script = join(folder, 'wrap.ld');
  const lines = wrapped.map(
    ({ name, wrapper, real }) =>
      `PROVIDE("__wrap_${name}" = "${wrapper}");\nPROVIDE("${real}" = "__real_${name}");\n`,
  );
  await writeFile(script, lines.join(''));
  return [...wrapped.flatMap(({ name, wrapper }) => [`--wrap=${name}`, `--undefined=${wrapper}`]), script];
}

/** ld's groups do not nest: one inside another is written out flat, which finds the same members. */
function inputArguments(input: LdInput, inGroup: boolean): string[] {
  switch (input.kind) {
    case 'object':
      return [input.path];
    case 'archive':
      return input.whole ? ['--whole-archive', input.path, '--no-whole-archive'] : [input.path];
    case 'group': {
      const inner = input.items.flatMap((item) => inputArguments(item, true));
      return inGroup ? inner : ['--start-group', ...inner, '--end-group'];
    }
  }
}

/** Runs ld; returns what it said. */
async function spawnLd({ ld, explain }: LdJob, args: readonly string[]): Promise<string> {
  const said: string[] = [];
  const status = await new Promise<string>((resolve, reject) => {
    const child = spawn(ld, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => said.push(text));
    }
    // Told to stop, this process removes ld's folder: ld must not write into it any more. Ahead of whoever removes it.
    const end = (): void => void child.kill('SIGKILL');
    process.prependListener('exit', end);
    child.on('error', (error) => {
      process.off('exit', end);
      reject(new UklError(hostErrors.toolFailed('ld', error.message, ''), { cause: error }));
    });
    child.on('close', (code, signal) => {
      process.off('exit', end);
      resolve(signal ?? (code === 0 ? '' : `status ${code}`));
    });
  });
  const text = explain(said.join('').trim());
  if (status === '') return text;
  if (/No space left on device|Disk quota exceeded/.test(text))
    throw new UklError(hostErrors.diskFull(tmpdir()));
  throw new UklError(linkErrors.ldFailed(status, text));
}
