import { UklError, hostErrors } from '../errors/index.js';
import { printDiagnostics } from './print.js';
import { StatusError } from './status.js';

/** Signals that end a run, with their numbers: a process they end has status 128 + number (the shell's convention). */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

type EndingSignal = keyof typeof SIGNALS;

/**
 * Runs work that must clean up after itself before the process may end. The first signal aborts the given AbortSignal and
 * waits; the second ends the process at once (what is unfinished is removed either way). Returns the work's result or
 * throws UKL6006 with the shell's status for the signal.
 */
export async function withCleanEnd<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let received: EndingSignal | undefined;
  const onSignal = (signal: EndingSignal): void => {
    if (received !== undefined) endAtOnce(signal);
    received = signal;
    controller.abort(new UklError(hostErrors.interrupted(signal)));
  };
  for (const signal of endingSignals()) process.on(signal, onSignal);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (received === undefined) throw error;
    throw new StatusError(hostErrors.interrupted(received), 128 + SIGNALS[received], { cause: error });
  } finally {
    for (const signal of endingSignals()) process.off(signal, onSignal);
  }
}

/** How work learns that it is to end. */
export interface StopSignals {
  /** It is asked to. */
  readonly stop: AbortSignal;
  /** It must, now. */
  readonly abort: AbortSignal;
  /** Asks, and the second time forces, as a signal does. */
  readonly ask: () => void;
}

/**
 * Runs work that can be asked to end, such as a machine whose program gets a SIGTERM: its result is the work's then. The first signal
 * asks, the second forces, the third ends the process at once. Work that fails when a signal has come has the shell's status for it.
 */
export async function withStop<T>(work: (signals: StopSignals) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const abort = new AbortController();
  let received: EndingSignal | undefined;
  const ask = (): void => (stop.signal.aborted ? abort : stop).abort();
  const onSignal = (signal: EndingSignal): void => {
    if (abort.signal.aborted) endAtOnce(signal);
    received ??= signal;
    ask();
  };
  for (const signal of endingSignals()) process.on(signal, onSignal);
  try {
    return await work({ stop: stop.signal, abort: abort.signal, ask });
  } catch (error) {
    if (received === undefined || !(error instanceof UklError)) throw error;
    throw new StatusError(error.diagnostics, 128 + SIGNALS[received], { cause: error });
  } finally {
    for (const signal of endingSignals()) process.off(signal, onSignal);
  }
}

/** For short work that has nothing to wait for. What is unfinished is removed as the process ends (main.ts). */
export function endAtOnceOnSignal(): void {
  for (const signal of endingSignals()) process.on(signal, endAtOnce);
}

function endAtOnce(signal: EndingSignal): never {
  printDiagnostics([hostErrors.interrupted(signal)]);
  process.exit(128 + SIGNALS[signal]);
}

function endingSignals(): EndingSignal[] {
  return Object.keys(SIGNALS) as EndingSignal[];
}
