import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UklError, diskErrors, runErrors, type Diagnostic } from '../errors/index.js';
import { forgetTemporary, temporaryName, writeFileAtomic } from '../host/index.js';
import { chooseAccelerator } from './accelerator.js';
import { checkOptions } from './check-options.js';
import { qemuArguments } from './command.js';
import { checkBootable } from './image-check.js';
import { makeRunInitrd, type RunFiles } from './initrd.js';
import { controlFd, inputFd, operateMachine, stopFd, type MachineEnd } from './machine.js';
import {
  defaultSilenceLimit,
  defaultStopTimeout,
  type Accelerator,
  type RunOptions,
  type RunResult,
} from './options.js';
import { hostForwardRule } from './ports.js';
import { prepareDisk } from './prepare-disk.js';
import { defaultQemu, qemuCommand } from './qemu.js';
import { exitCodeOf } from './result.js';

/**
 * Boots an image and waits for its program's end.
 *
 * Every other end of the machine is an error: it always comes, within the limits given, with the reason and the last
 * lines of the console.
 *
 * @throws UklError UKL5001 to UKL5017, UKL5021, UKL5030 to UKL5034
 */
export async function runImage(options: RunOptions): Promise<RunResult> {
  checkOptions(options);
  await checkBootable(options.image);
  const qemu = options.qemu ?? defaultQemu;
  const { accelerator, note } = await chooseAccelerator(options.accelerator ?? 'auto', qemu);
  if (note !== undefined) options.onNote?.(note);
  await prepareDisks(options);
  const dir = temporaryName(join(tmpdir(), 'ukl-run'));
  try {
    await mkdir(dir, { mode: 0o700 });
    const resultFile = join(dir, 'result');
    const initrd = join(dir, 'initrd');
    await writeFile(initrd, await makeRunInitrd({ ...options, stdin: stdinOf(options) }));
    const tied = { accelerator, resultFile, initrd, controlFd, stopFd };
    const wiring = options.input?.kind === 'data' ? { ...tied, inputFd } : tied;
    const args = qemuArguments(options, wiring);
    return conclude(await operateMachine(qemuCommand(qemu, args), resultFile, options), options, accelerator);
  } finally {
    await rm(dir, { recursive: true, force: true });
    forgetTemporary(dir);
  }
}

/** One after the other: two may be one file. */
async function prepareDisks({ disks = [] }: RunOptions): Promise<void> {
  for (const disk of disks) await prepareDisk(disk);
}

function stdinOf({ input }: RunOptions): RunFiles['stdin'] {
  if (input === undefined) return 'null';
  return input.kind === 'data' ? 'port' : 'console';
}

/**
 * The command a run would start, to be run by hand: the result goes to the file IMAGE.result there. If the program gets
 * arguments or variables, or an initrd is given, the command needs a file with them: it is written to IMAGE.initrd. Disks that are not
 * there are made.
 *
 * @throws UklError UKL5001 to UKL5004, UKL5014, UKL5016, UKL6003, UKL6004
 */
export async function runCommand(options: RunOptions): Promise<string[]> {
  checkOptions(options);
  await checkBootable(options.image);
  const qemu = options.qemu ?? defaultQemu;
  const { accelerator } = await chooseAccelerator(options.accelerator ?? 'auto', qemu);
  await prepareDisks(options);
  const wiring = { accelerator, resultFile: `${options.image}.result` };
  const needsInitrd =
    (options.args?.length ?? 0) + (options.env?.length ?? 0) > 0 || options.initrd !== undefined;
  if (!needsInitrd) return [qemu, ...qemuArguments(options, wiring)];
  const initrd = `${options.image}.initrd`;
  if (options.initrd !== undefined && (await sameFile(options.initrd, initrd)))
    throw new UklError(
      runErrors.badOption('--initrd', `a dry run writes ${initrd}, which is this very file`),
    );
  // Whoever runs the command by hand has a terminal.
  await writeFileAtomic(initrd, await makeRunInitrd({ ...options, stdin: 'console' }));
  return [qemu, ...qemuArguments(options, { ...wiring, initrd })];
}

/** Whether two names are those of one file. */
async function sameFile(a: string, b: string): Promise<boolean> {
  // Of an absent file there is nothing to lose; one that is not readable is reported by whoever reads it.
  const [first, second] = await Promise.all([a, b].map((path) => stat(path).catch(() => undefined)));
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}

/** Which of the ends a machine can have this one was. */
function conclude(end: MachineEnd, options: RunOptions, accelerator: Accelerator): RunResult {
  const { report, console, stop, shutdown, failure, seconds } = end;
  const tail = console.tail();
  const outcome = report.end;
  if (outcome !== undefined && outcome.kind !== 'error')
    return { outcome, exitCode: exitCodeOf(outcome), accelerator, seconds };
  if (outcome !== undefined) throw new UklError(notStarted(outcome.errno, outcome.what, tail));
  if (stop === 'timeout') throw new UklError(runErrors.timedOut(options.timeout ?? 0, tail));
  if (stop === 'silence') throw new UklError(runErrors.silent(options.silenceLimit ?? defaultSilenceLimit));
  if (stop === 'not ended')
    throw new UklError(runErrors.stopTimedOut(options.stopTimeout ?? defaultStopTimeout, tail));
  if (stop === 'abort') throw new UklError(runErrors.stopped());
  if (console.panic !== undefined) throw new UklError(runErrors.kernelPanic(console.panic, tail));
  if (failure !== undefined) throw new UklError(qemuFailure(end, options, failure));
  if (report.unknown !== undefined) throw new UklError(runErrors.badResult(report.unknown, tail));
  if (shutdown === 'guest-reset' && !console.restarting) throw new UklError(runErrors.tripleFault(tail));
  if (shutdown === 'guest-reset') throw new UklError(runErrors.endedWithoutResult('restarted', tail));
  if (shutdown === 'guest-shutdown') throw new UklError(runErrors.endedWithoutResult('powered off', tail));
  // host-qmp-quit, host-signal: somebody else ended it.
  throw new UklError(runErrors.stopped());
}

/** Why /init has given up before the program ran. */
function notStarted(errno: number, what: string, tail: readonly string[]): Diagnostic {
  const [, folder] = /^mount (.+)$/.exec(what) ?? [];
  return folder === undefined
    ? runErrors.programNotStarted(errno, what, tail)
    : diskErrors.mountFailed(folder, errno, tail);
}

function qemuFailure(end: MachineEnd, options: RunOptions, failure: string): Diagnostic {
  const locked = options.disks?.find(({ file }) =>
    end.said.some((line) => /Failed to get .*lock/.test(line) && end.said.join('\n').includes(file)),
  );
  if (locked !== undefined) return diskErrors.diskInUse(locked.file);
  const taken = options.ports?.find((port) =>
    end.said.some(
      (line) =>
        line.includes('Could not set up host forwarding rule') && line.includes(hostForwardRule(port)),
    ),
  );
  return taken === undefined
    ? runErrors.qemuFailed(failure, end.said)
    : runErrors.portTaken(hostForwardRule(taken));
}
