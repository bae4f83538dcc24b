/** What tests of the redis example share: its build, and a machine that runs it with a port of this host. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/gdb/free-port.js';
import { root } from './paths.js';

const example = join(root, 'examples/redis');

/** Builds what is missing of the example; minutes the first time. */
export function buildRedis(): { image: string; cli: string; benchmark: string } {
  execFileSync('make', ['-C', example, 'all'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const tools = join(example, 'build/source/src');
  return {
    image: join(example, 'build/redis.bzImage'),
    cli: join(tools, 'redis-cli'),
    benchmark: join(tools, 'redis-benchmark'),
  };
}

/** A machine with redis. */
export class RedisMachine {
  private constructor(
    readonly port: number,
    readonly process: ChildProcess,
    readonly consoleFile: string,
  ) {}

  /** Boots and waits until redis answers, three minutes at most. */
  static async boot(
    image: string,
    options: readonly string[],
    args: readonly string[],
    consoleFile: string,
  ): Promise<RedisMachine> {
    const port = await freePort();
    const words = ['run', image, '-p', `${port}:6379`, '--timeout', '3600', ...options, '--', ...args];
    const child = spawn(process.execPath, [join(root, 'bin/ukl-link'), ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(consoleFile);
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    const machine = new RedisMachine(port, child, consoleFile);
    const cli = join(example, 'build/source/src/redis-cli');
    for (let second = 0; second < 180 && child.exitCode === null; second++) {
      if (ping(cli, port)) return machine;
      await sleep(1000);
    }
    await machine.kill();
    throw new Error(`redis does not answer:\n${machine.console()}`);
  }

  console(): string {
    return readFileSync(this.consoleFile, 'latin1');
  }

  /** Ends the machine as a power cut would: `ukl-link run` takes QEMU along. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exit = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exit;
  }
}

function ping(cli: string, port: number): boolean {
  try {
    const answer = execFileSync(cli, ['-p', String(port), 'ping'], { timeout: 10_000, stdio: 'pipe' });
    return answer.toString().trim() === 'PONG';
  } catch {
    // Not there yet: the caller asks again, and gives up in the end.
    return false;
  }
}
