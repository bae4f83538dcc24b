import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UklError, hostErrors, kernelErrors } from '../errors/index.js';
import { asIoError, systemCode, writeFileAtomic } from '../host/index.js';
import { decisiveLines, saysDiskFull } from './log-lines.js';
import { runTool } from './process.js';

/** How far a compilation is. */
export interface CompileProgress {
  /** Steps that make has announced so far: compiled, assembled, linked or generated files. */
  readonly done: number;
  /** Steps expected in all; never less than `done`. */
  readonly total: number;
  /** Seconds to go at the pace so far; undefined while there is too little to tell. */
  readonly secondsLeft?: number;
}

export interface CompileOptions {
  readonly tree: string;
  readonly target: string;
  readonly jobs: number;
  readonly logFile: string;
  /** Remembers how many steps a full build took, for the next one's estimate. */
  readonly stepsFile: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: CompileProgress) => void;
}

/** Counted in a full build of base.config on 6.1.192; used until a build on this machine has been counted. */
const USUAL_STEPS = 1916;

/** Below this many steps (host tools, headers) the pace says nothing about the rest. */
const STEPS_BEFORE_ESTIMATE = 100;

/** kbuild's announcement of a step: two blanks, what is done, the file. */
const STEP = /^ {2}[A-Z][A-Z0-9_+]* {1,}\S/;

/**
 * Runs the kernel's make. Everything it prints goes to the log file. Throws UKL4006 with the decisive lines, or
 * UKL6003 when the disk is full.
 */
export async function compile(options: CompileOptions): Promise<void> {
  const { tree, target, jobs, logFile, stepsFile, signal, onProgress } = options;
  const log = openLog(logFile);
  const expected = await recordedSteps(stepsFile);
  const started = performance.now();
  let done = 0;
  const onLine = (line: string): void => {
    log.write(line);
    if (!STEP.test(line)) return;
    done++;
    onProgress?.(progress(done, expected, (performance.now() - started) / 1000));
  };
  try {
    const result = await runTool('make', [`--jobs=${jobs}`, target], { cwd: tree, signal, onLine });
    if (!result.ok) {
      if (saysDiskFull(result.output)) throw new UklError(hostErrors.diskFull(tree));
      throw new UklError(kernelErrors.buildFailed(decisiveLines(result.output).join('\n'), logFile));
    }
  } finally {
    log.close();
  }
  // An incremental build says nothing about the next full one.
  if (done <= STEPS_BEFORE_ESTIMATE) return;
  await mkdir(dirname(stepsFile), { recursive: true }).catch((error: unknown) => {
    throw asIoError(error, stepsFile, 'write');
  });
  await writeFileAtomic(stepsFile, `${done}\n`);
}

/** The estimate is linear in steps; it moves with the pace and is never below what is already done. */
export function progress(done: number, expected: number, elapsedSeconds: number): CompileProgress {
  const total = Math.max(done, expected);
  if (done < STEPS_BEFORE_ESTIMATE) return { done, total };
  return { done, total, secondsLeft: (elapsedSeconds / done) * (total - done) };
}

/** Synchronous, so that a full disk ends the build at the line that no longer fits. */
function openLog(file: string): { write: (line: string) => void; close: () => void } {
  const guarded = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw asIoError(error, file, 'write');
    }
  };
  const fd = guarded(() => {
    mkdirSync(dirname(file), { recursive: true });
    return openSync(file, 'w');
  });
  return {
    write: (line) => void guarded(() => writeSync(fd, `${line}\n`)),
    close: () => closeSync(fd),
  };
}

async function recordedSteps(file: string): Promise<number> {
  try {
    return Number.parseInt(await readFile(file, 'utf8'), 10) || USUAL_STEPS;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return USUAL_STEPS;
    throw error;
  }
}
