import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../src/host/index.js';

export interface CliResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** A command that runs the command line behind it: `['sh', '-c', '"$@"', 'sh']`. */
  readonly through?: readonly string[];
  /** Called with everything that standard error holds so far. */
  readonly onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** Runs bin/ukl-link, which runs what `make tool` built, without a terminal and without input. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { env, cwd, onStderr, through = [] } = options;
  const words = [...through, process.execPath, join(packageRoot, 'bin/ukl-link'), ...args];
  const child = spawn(words[0] ?? '', words.slice(1), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
    onStderr?.(stderr, (signal) => child.kill(signal));
  });
  const status = await new Promise<number>((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => {
      if (code === null) reject(new Error(`ended by ${signal}: ${stderr}`));
      else resolve(code);
    });
  });
  return { status, stdout, stderr };
}
