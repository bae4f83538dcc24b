import { readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { UklError, hostErrors } from '../errors/index.js';

/** One run of one command. */
export interface Sample {
  /** Wall time in milliseconds, from before the process is started to after it has ended. */
  readonly wall: number;
  /** Processor time of it and its children in milliseconds, in steps of 10: what another load on the machine does not change much. */
  readonly cpu: number;
  readonly stdout: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a command and measures it as a whole process. Nothing else that this process starts may end meanwhile: its time would be counted too.
 *
 * @throws UklError UKL6007 when it fails
 */
export async function measure(words: readonly string[], options: CommandOptions = {}): Promise<Sample> {
  const [program = '', ...args] = words;
  const env = { ...process.env, LC_ALL: 'C', ...options.env };
  const cpuBefore = childrenCpu();
  const start = performance.now();
  const { status, stdout, stderr } = await run(program, args, { ...options, env });
  const wall = performance.now() - start;
  if (status !== 'status 0') throw new UklError(hostErrors.toolFailed(program, status, stderr.trim()));
  return { wall, cpu: childrenCpu() - cpuBefore, stdout };
}

function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env: NodeJS.ProcessEnv },
): Promise<{ status: string; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text));
    }
    // Ends with us: a kernel's make would go on for minutes.
    const end = (): void => void child.kill('SIGTERM');
    process.prependListener('exit', end);
    const done = (status: string): void => {
      process.off('exit', end);
      resolve({ status, ...said });
    };
    child.on('error', (error) => done(error.message));
    child.on('close', (code, signal) => done(signal ?? `status ${code}`));
  });
}

/** Linux counts processor time for user space in ticks of 1/100 s on every machine (USER_HZ). */
const TICK = 10;

/** Processor time of all children that have ended, and of theirs, in milliseconds: cutime and cstime, fields 16 and 17 of proc(5)'s stat. */
function childrenCpu(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  // The command name, field 2, stands in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * TICK;
}

/** The middle one of some figures; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
