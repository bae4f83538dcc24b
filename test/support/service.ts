/** The image of test/support/service-program.c, and runs of it by the command line tool, which can be told to end or killed. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../../src/host/index.js';
import { link, type LinkOptions } from '../../src/link.js';
import { littleMemory, patience } from './patience.js';

/** Links the service into an image in this folder. */
export async function buildService(folder: string, options: Partial<LinkOptions> = {}): Promise<string> {
  const object = join(folder, 'service.o');
  const output = join(folder, 'service.bzImage');
  const source = join(import.meta.dirname, 'service-program.c');
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-c', '-o', object, source]);
  await link({ program: [object], output, ...options });
  return output;
}

export interface Run {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Signals to a run, when it has said something on its console. */
export interface RunWatch {
  readonly onConsole?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** `ukl-link run`, without a terminal and without input, bounded in time. */
export async function runService(words: readonly string[], { onConsole }: RunWatch = {}): Promise<Run> {
  const machine = ['--memory', String(littleMemory), '--accel', 'tcg', '--timeout', String(120 * patience)];
  const [image = '', ...rest] = words;
  const run = spawn(
    process.execPath,
    [join(packageRoot, 'bin/ukl-link'), 'run', image, ...machine, ...rest],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let stdout = '';
  let stderr = '';
  run.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
    onConsole?.(stdout, (signal) => run.kill(signal));
  });
  run.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const [status, signal] = (await once(run, 'close')) as [number | null, NodeJS.Signals | null];
  return { status, signal, stdout, stderr };
}
