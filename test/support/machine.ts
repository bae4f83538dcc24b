/** Boots a kernel with the suite's root file system in QEMU and waits until the machine is switched off. */
import { execa } from 'execa';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { shellLine } from '../../src/run/index.js';
import { patience } from './patience.js';

export interface Boot {
  readonly kernel: string;
  readonly initrd: string;
  /** Where the machine's logs go; emptied first. */
  readonly folder: string;
  readonly cpus: number;
  /** QEMU's CPU model. Default `max`: all that TCG can do, with SMEP, SMAP and five levels of page tables. */
  readonly cpu?: string;
  /** MiB; default 512. */
  readonly memory?: number;
  /** Kernel parameters besides those the suite needs. */
  readonly append?: string;
  /** In seconds of the host, of a kernel that is not slow; then the machine is killed. */
  readonly timeout: number;
}

export interface BootResult {
  readonly console: string;
  readonly report: Buffer;
  readonly timedOut: boolean;
  /** QEMU's command, for a shell: to repeat this boot. */
  readonly command: string;
}

/** Never fails on what the guest does: the caller judges console and report. Throws if QEMU cannot run. */
export async function bootMachine(boot: Boot): Promise<BootResult> {
  rmSync(boot.folder, { recursive: true, force: true });
  mkdirSync(boot.folder, { recursive: true });
  const log = `${boot.folder}/console.log`;
  const report = `${boot.folder}/report`;
  const args = [
    ...[
      '-accel',
      'tcg',
      '-cpu',
      boot.cpu ?? 'max',
      '-smp',
      String(boot.cpus),
      '-m',
      String(boot.memory ?? 512),
    ],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-serial', `file:${log}`, '-serial', `file:${report}`],
    ...['-kernel', boot.kernel, '-initrd', boot.initrd],
    ...['-append', `console=ttyS0 printk.devkmsg=on panic=-1 ${boot.append ?? ''}`],
  ];
  const { timedOut, exitCode, stderr } = await execa('qemu-system-x86_64', args, {
    reject: false,
    stdin: 'ignore',
    timeout: boot.timeout * 1000 * patience,
    forceKillAfterDelay: 1000,
  });
  if (!timedOut && exitCode !== 0) throw new Error(`QEMU ended with status ${exitCode}: ${stderr}`);
  return {
    console: readFileSync(log, 'latin1'),
    report: readFileSync(report),
    timedOut,
    command: shellLine(['qemu-system-x86_64', ...args]),
  };
}

/** Lines of a console log in which the kernel complains about itself; a program's own faults are not among them. */
export function kernelComplaints(console: string): string[] {
  // Who took the last memory, and who got none, is told with a backtrace; that is a fault of the program's, too.
  const withoutOom = console
    .replaceAll(/^.* invoked oom-killer: [^]*? Killed process .*$/gm, '')
    .replaceAll(/^.*: page allocation failure: [^]*? Mem-Info:$/gm, '');
  const complaint =
    /\bBUG:|\bkernel BUG\b|\bWARNING:|\bOops\b|\[#\d+\]|Kernel panic|Call Trace:|rcu: INFO|soft lockup|hard LOCKUP|unchecked MSR|Bad page|Bad rss-counter|possible recursive|UBSAN|KASAN|stack-protector:|PANIC:|double fault|Corrupted page table|scheduling while atomic|\bINFO: (?:task|trying|lockdep|possible)|locking correctness validator|FAILED, \d+ W\+X/;
  return withoutOom
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => complaint.test(line) && !/ suite: /.test(line));
}
