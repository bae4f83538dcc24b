import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { packageVersion } from '../host/index.js';

/** What figures of time mean nothing without. */
export interface Machine {
  readonly cpu: string;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
  readonly kernel: string;
  /** Processes that wanted to run, on average over the minute before. */
  readonly load: number;
  readonly node: string;
  readonly binutils: string;
  readonly tool: string;
}

/** Describes the machine. `ld` must be there. */
export function describeMachine(ld: string): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cpus: cpus().length,
    memory: totalmem(),
    kernel: release(),
    load: loadavg()[0] ?? 0,
    node: process.version,
    binutils: execFileSync(ld, ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? '',
    tool: packageVersion(),
  };
}
