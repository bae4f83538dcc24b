import { constants } from 'node:fs';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { UklError, runErrors, type Diagnostic } from '../errors/index.js';
import { forgetTemporary, temporaryName } from '../host/index.js';
import type { Accelerator } from './options.js';
import { qemuCommand } from './qemu.js';

/** Milliseconds a probe may take; a vCPU that runs answers in a tenth of that. */
const probeLimit = 5000;

/** What the probe's guest writes to QEMU's debug-exit port; QEMU then ends with `(value << 1) | 1`. */
const probeValue = 0x15;

/** A ROM of 64 KiB whose code at the reset vector (16 bytes below its end) writes to the debug-exit port, then halts. */
function probeRom(): Buffer {
  const rom = Buffer.alloc(0x10000, 0xf4 /* hlt */);
  // mov $value,%al; out %al,$0xf4; hlt; jmp back to hlt
  rom.set([0xb0, probeValue, 0xe6, 0xf4, 0xf4, 0xeb, 0xfd], 0xfff0);
  return rom;
}

/**
 * Whether a virtual CPU really executes instructions under this accelerator. A QEMU that hangs is a no.
 *
 * @param limit - Milliseconds.
 * @throws UklError UKL5001
 */
export async function vcpuRuns(
  qemu: string,
  accelerator: Accelerator,
  limit: number = probeLimit,
): Promise<boolean> {
  const dir = temporaryName(join(tmpdir(), 'ukl-probe'));
  try {
    await mkdir(dir, { mode: 0o700 });
    const rom = join(dir, 'rom');
    await writeFile(rom, probeRom());
    const machine = ['-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'pc', '-m', '2M'];
    const exit = ['-device', 'isa-debug-exit,iobase=0xf4,iosize=4', '-bios', rom];
    const [program, ...args] = qemuCommand(qemu, [...machine, '-accel', accelerator, ...exit]);
    const { exitCode } = await execa(program, args, {
      reject: false,
      timeout: limit,
      forceKillAfterDelay: 500,
      stdin: 'ignore',
    });
    return exitCode === ((probeValue << 1) | 1);
  } finally {
    await rm(dir, { recursive: true, force: true });
    forgetTemporary(dir);
  }
}

/** Why KVM cannot be used on this host, or undefined if it can. */
async function kvmObstacle(qemu: string): Promise<string | undefined> {
  const cpuinfo = await readFile('/proc/cpuinfo', 'latin1');
  // Without these flags some hosts show a /dev/kvm all the same, and a QEMU that opens it hangs.
  if (!/^flags\s*:.*\b(?:svm|vmx)\b/m.test(cpuinfo)) return 'this CPU shows no virtualization (svm or vmx)';
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? 'there is no /dev/kvm'
      : '/dev/kvm may not be opened by this user';
  }
  return (await vcpuRuns(qemu, 'kvm')) ? undefined : 'a virtual CPU does not run although /dev/kvm is there';
}

/**
 * Chooses how to run. `auto` falls back to emulation with a note that says why.
 *
 * @throws UklError UKL5001; UKL5014 if KVM is demanded and cannot be used
 */
export async function chooseAccelerator(
  wish: Accelerator | 'auto',
  qemu: string,
): Promise<{ accelerator: Accelerator; note?: Diagnostic }> {
  if (wish === 'tcg') return { accelerator: 'tcg' };
  const obstacle = await kvmObstacle(qemu);
  if (obstacle === undefined) return { accelerator: 'kvm' };
  if (wish === 'kvm') throw new UklError(runErrors.kvmUnusable(obstacle));
  return { accelerator: 'tcg', note: runErrors.emulated(obstacle) };
}
