import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { ConsoleWatch } from './console.js';
import { ProgramInput } from './input.js';
import { defaultSilenceLimit, defaultStopTimeout, type RunOptions } from './options.js';
import { Qmp, type ShutdownReason } from './qmp.js';
import { parseReport, type Report } from './result.js';

/** Milliseconds between two looks at the result file and the limits. */
const pollInterval = 50;

/** Milliseconds a machine that has told its result may take to power off. */
const powerOffGrace = 5_000;

/** Milliseconds without output after which a kernel that said "end Kernel panic" is taken at its word. */
const panicGrace = 2_000;

/** Milliseconds from asking QEMU to end to killing it. */
const quitGrace = 2_000;

/** Why a machine was ended from outside. */
export type StopReason = 'timeout' | 'silence' | 'abort' | 'halted' | 'no power-off' | 'not ended';

/** All that is known of a machine that is no more. */
export interface MachineEnd {
  readonly report: Report;
  readonly console: ConsoleWatch;
  readonly stop?: StopReason;
  readonly shutdown?: ShutdownReason;
  /** QEMU's own end, in words, if it was not 0. */
  readonly failure?: string;
  /** Lines of QEMU's standard error. */
  readonly said: readonly string[];
  readonly seconds: number;
}

/** The descriptor that QEMU inherits for QMP. */
export const controlFd = 3;

/** The descriptor that QEMU inherits for the program's input. */
export const inputFd = 4;

/** The descriptor that QEMU inherits for asking the program to end. */
export const stopFd = 5;

/** What /init takes for that wish (guest/control.h). */
const stopWord = 'terminate\n';

/** Why the machine must be ended now, if it must. Times are milliseconds of Date.now(). */
class Limits {
  #started = Date.now();
  #resultSince: number | undefined;
  #bytes = 0;
  #bytesSince = Date.now();
  #askedSince: number | undefined;

  constructor(readonly options: RunOptions) {}

  check(report: Report, alive: boolean, console: ConsoleWatch): StopReason | undefined {
    const now = Date.now();
    const { timeout, silenceLimit = defaultSilenceLimit, signal, gdb } = this.options;
    const { stop, stopTimeout = defaultStopTimeout } = this.options;
    if (report.end !== undefined) this.#resultSince ??= now;
    if (console.bytes !== this.#bytes) {
      this.#bytes = console.bytes;
      this.#bytesSince = now;
    }
    if (stop?.aborted) this.#askedSince ??= now;
    if (signal?.aborted) return 'abort';
    if (this.#askedSince !== undefined && now - this.#askedSince > stopTimeout * 1000) return 'not ended';
    if (this.#resultSince !== undefined && now - this.#resultSince > powerOffGrace) return 'no power-off';
    if (console.halted && now - this.#bytesSince > panicGrace) return 'halted';
    if (timeout !== undefined && now - this.#started > timeout * 1000) return 'timeout';
    // A machine that waits for its debugger is silent with good reason.
    const limited = silenceLimit > 0 && !gdb?.wait;
    if (limited && !alive && now - this.#started > silenceLimit * 1000) return 'silence';
    return undefined;
  }

  get seconds(): number {
    return (Date.now() - this.#started) / 1000;
  }
}

/**
 * Runs QEMU until the machine ends or a limit ends it. Never longer: QEMU is asked, then killed.
 *
 * @param command - QEMU and its arguments, wired to {@link controlFd}, {@link inputFd}, {@link stopFd} and `resultFile`.
 */
export async function operateMachine(
  command: readonly [string, ...string[]],
  resultFile: string,
  options: RunOptions,
): Promise<MachineEnd> {
  const [program, ...args] = command;
  const limits = new Limits(options);
  const console = new ConsoleWatch();
  const qemu = execa(program, args, {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    buffer: { stderr: true, stdout: false, fd3: false, fd4: false, fd5: false },
    reject: false,
    // Node may be ended by a signal while the machine runs.
    cleanup: true,
    // Ctrl-C at a debugger's prompt stops the program; it must not end the machine.
    detached: options.gdb !== undefined,
  });
  let ended = false;
  const end = qemu.then((result) => {
    ended = true;
    return result;
  });
  const qmp = new Qmp(qemu.stdio[controlFd] as unknown as Duplex, options.gdb?.onListening);
  const input =
    options.input &&
    new ProgramInput(
      options.input,
      options.input.kind === 'data' ? (qemu.stdio[inputFd] as unknown as Duplex) : qemu.stdin,
    );
  // execa's types know of five descriptors.
  const askToEnd = stopper((qemu.stdio as readonly unknown[])[stopFd] as Duplex);
  if (options.stop?.aborted) askToEnd();
  else options.stop?.addEventListener('abort', askToEnd, { once: true });
  let sinkError: unknown;
  const output = passOutput(qemu.stdout, console, options).catch((error: unknown) => {
    sinkError = error ?? new Error('the console sink failed');
  });
  if (!options.gdb?.wait) qmp.start();

  let report = parseReport('');
  let stop: StopReason | undefined;
  try {
    while (!ended && sinkError === undefined) {
      await Promise.race([end, sleep(pollInterval)]);
      const told = await readResult(resultFile);
      report = parseReport(told);
      if (report.ready) input?.ready();
      stop = ended ? undefined : limits.check(report, console.bytes + told.length > 0, console);
      if (stop !== undefined) {
        qmp.quit();
        // A timer with a reference would hold our own process up after QEMU's end.
        await Promise.race([end, sleep(quitGrace, undefined, { ref: false })]);
        break;
      }
    }
  } finally {
    input?.stop();
    options.stop?.removeEventListener('abort', askToEnd);
    if (!ended) qemu.kill('SIGKILL');
  }
  const result = await end;
  await output;
  if (sinkError !== undefined) throw sinkError as Error;
  report = parseReport(await readResult(resultFile));
  const failure =
    result.exitCode === 0
      ? undefined
      : (result.signal ?? (result.exitCode === undefined ? result.code : `status ${result.exitCode}`));
  return {
    report,
    console,
    said: result.stderr.split('\n').filter((line) => line.trim() !== ''),
    seconds: limits.seconds,
    ...(stop === undefined ? {} : { stop }),
    ...(qmp.shutdown === undefined ? {} : { shutdown: qmp.shutdown }),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** What asks the program to end. QEMU keeps the word until /init has opened its port. */
function stopper(port: Duplex): () => void {
  // It closes when QEMU ends; whoever waits for QEMU knows.
  port.on('error', () => port.destroy());
  return () => {
    if (port.writable) port.write(stopWord);
  };
}

async function passOutput(
  stdout: AsyncIterable<unknown>,
  console: ConsoleWatch,
  options: RunOptions,
): Promise<void> {
  for await (const chunk of stdout) {
    const bytes = chunk as Uint8Array;
    console.push(bytes);
    await options.onConsole?.(bytes);
  }
}

/** QEMU creates the file when it starts. */
async function readResult(file: string): Promise<string> {
  try {
    return await readFile(file, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
