import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UklError, hostErrors, type Diagnostic } from '../errors/index.js';
import { demandRequirements, forgetTemporary, temporaryName, writeFileAtomic } from '../host/index.js';
import { runCommand, runImage, type RunOptions } from '../run/index.js';
import { freePort } from './free-port.js';
import { gdbCommand, gdbRequirements, type GdbTarget } from './gdb-command.js';
import { imageSymbols, type SymbolPlaces } from './image-symbols.js';

export interface DebugOptions extends SymbolPlaces {
  /** A bzImage of ukl-link. */
  readonly image: string;
  /** A core file of the image's program, or a stub as gdb's `target remote` takes it; without, the image is booted. */
  readonly target?: Exclude<GdbTarget, { readonly kind: 'machine' }>;
  /** The machine to boot the image in. */
  readonly run?: Omit<RunOptions, 'image' | 'gdb' | 'input' | 'signal'>;
  /** Arguments for gdb, behind all others. */
  readonly gdbArguments?: readonly string[];
  /** Gets notes, before gdb starts. */
  readonly onNote?: (note: Diagnostic) => void;
  /** Ends gdb, and the machine with it. */
  readonly signal?: AbortSignal;
}

/** Port of QEMU's stub in commands for use by hand: the one that QEMU's `-s` has. */
const USUAL_PORT = 1234;

/**
 * Without it no address would be known before the kernel runs. Only the boot stub knows `nokaslr`, and takes words as they come; the kernel, to which
 * an unknown word is an argument for the first process, sees an option of a module that it does not have.
 */
const NO_KASLR = 'ukl.boot=" nokaslr "';

/**
 * Debugs an image's program, and the kernel with it, in gdb, which gets this process' terminal. Ends when gdb does.
 *
 * @returns The exit status of gdb: 128 and more for a signal
 * @throws UklError UKL3014, UKL3015, UKL5001 to UKL5019, UKL6002 to UKL6005
 */
export async function debugImage(options: DebugOptions): Promise<number> {
  demandRequirements(gdbRequirements);
  const symbols = await imageSymbols(options.image, options);
  for (const note of symbols.notes) options.onNote?.(note);
  const folder = temporaryName(join(tmpdir(), 'ukl-gdb'));
  try {
    await mkdir(folder, { mode: 0o700 });
    const program = symbols.debugFile ?? join(folder, 'program');
    if (symbols.debugFile === undefined) await writeFile(program, symbols.program);
    const debug = (target: GdbTarget): Promise<number> =>
      runGdb(gdbCommand(target, { ...symbols, program }, options.gdbArguments ?? []), options.signal);
    if (options.target !== undefined) return await debug(options.target);
    const port = await freePort();
    return await debugMachine(machineOptions(options), port, () =>
      debug({ kind: 'machine', port, entry: symbols.entry }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
    forgetTemporary(folder);
  }
}

/**
 * The commands that `debugImage` would run, QEMU's and then gdb's, for use by hand: a program without a file of its own is written
 * to IMAGE.elf.
 */
export async function debugCommands(options: DebugOptions): Promise<string[][]> {
  const symbols = await imageSymbols(options.image, options);
  const program = symbols.debugFile ?? `${options.image}.elf`;
  if (symbols.debugFile === undefined) await writeFileAtomic(program, symbols.program);
  const gdb = (target: GdbTarget): string[] =>
    gdbCommand(target, { ...symbols, program }, options.gdbArguments ?? []);
  if (options.target !== undefined) return [gdb(options.target)];
  return [
    await runCommand({ ...machineOptions(options), gdb: { port: USUAL_PORT, wait: true } }),
    gdb({ kind: 'machine', port: USUAL_PORT, entry: symbols.entry }),
  ];
}

function machineOptions({ image, run = {} }: DebugOptions): RunOptions {
  const append = [run.append, NO_KASLR].filter((part) => part !== undefined).join(' ');
  return { ...run, image, append };
}

/**
 * Boots the machine, starts gdb when it can connect, and ends the machine with gdb. What went wrong in the machine is thrown once gdb has
 * ended: until then the user may look at it.
 */
async function debugMachine(
  options: RunOptions,
  port: number,
  debug: () => Promise<number>,
): Promise<number> {
  const end = new AbortController();
  const gdb: { end?: Promise<PromiseSettledResult<number>[]> } = {};
  const onListening = (): void => {
    gdb.end = Promise.allSettled([debug()]).finally(() => end.abort());
  };
  const machine = runImage({ ...options, signal: end.signal, gdb: { port, wait: true, onListening } });
  const [booted] = await Promise.allSettled([machine]);
  const [debugged] = (await gdb.end) ?? [];
  if (debugged?.status === 'rejected') throw debugged.reason as Error;
  // Whoever leaves gdb ends the machine: its program has no result then.
  if (booted.status === 'rejected' && !(debugged !== undefined && wasStopped(booted.reason)))
    throw booted.reason as Error;
  return debugged?.value ?? 0;
}

function wasStopped(error: unknown): boolean {
  return error instanceof UklError && error.diagnostics.every(({ code }) => code === 'UKL5013');
}

/** Runs gdb in the terminal of this process. */
async function runGdb([program = '', ...args]: readonly string[], signal?: AbortSignal): Promise<number> {
  return await new Promise((resolve, reject) => {
    const gdb = spawn(program, args, { stdio: 'inherit' });
    signal?.addEventListener('abort', () => gdb.kill());
    gdb.on('error', (error) => {
      reject(new UklError(hostErrors.toolFailed('gdb', error.message, ''), { cause: error }));
    });
    gdb.on('close', (code) => resolve(code ?? 128));
  });
}
