import type { Readable } from 'node:stream';
import type { Diagnostic } from '../errors/index.js';
import type { Disk } from './disks.js';
import type { PortForward } from './ports.js';

/** How the machine's instructions are executed: by the CPU's virtualization, or by QEMU's translator. */
export type Accelerator = 'kvm' | 'tcg';

/** QEMU's gdb stub. */
export interface GdbStub {
  /** TCP port on 127.0.0.1. */
  readonly port: number;
  /** Start only when the debugger says so. */
  readonly wait: boolean;
  /** A debugger can connect now. */
  readonly onListening?: () => void;
}

/** The machine, as far as its QEMU command line says it. */
export interface MachineOptions {
  /** A bzImage or a PVH vmlinux. */
  readonly image: string;
  /** MiB, within {@link memoryRange}. Default {@link defaultMemory}. */
  readonly memory?: number;
  /** Within {@link cpuRange}. Default 1. */
  readonly cpus?: number;
  /** `user`: QEMU's own network, guest 10.0.2.15, host 10.0.2.2. Default `user`. */
  readonly network?: 'user' | 'none';
  readonly ports?: readonly PortForward[];
  /** Disks, mounted before the program starts, unmounted behind it. A run makes those that are not there. */
  readonly disks?: readonly Disk[];
  /** The guest's name. Default: the image's, or `ukl`. */
  readonly hostname?: string;
  /** Kernel parameters, behind all others. */
  readonly append?: string;
  /** Show the kernel's messages on the console; default only its warnings and worse. */
  readonly kernelLog?: boolean;
  /** An initrd of the user's own; the run's arguments are added behind it. */
  readonly initrd?: string;
  readonly gdb?: GdbStub;
  /** More arguments for QEMU, at the end. */
  readonly qemuArguments?: readonly string[];
  /** QEMU's program. Default `qemu-system-x86_64`. */
  readonly qemu?: string;
}

/** The program's standard input. */
export interface RunInput {
  readonly stream: Readable;
  /**
   * `data`: a file or a pipe: every byte of it, and its end, reach the program, whose input is no terminal then.
   * `terminal`: somebody types; bytes go to the guest's console as they come, from the beginning.
   */
  readonly kind: 'data' | 'terminal';
}

export interface RunOptions extends MachineOptions {
  /** Behind the arguments that the image was linked with. */
  readonly args?: readonly string[];
  /** `NAME=value`, replacing those of the image. */
  readonly env?: readonly string[];
  /** `auto` (the default): KVM where a virtual CPU really runs, else TCG with a note. */
  readonly accelerator?: Accelerator | 'auto';
  /** Seconds until the machine is stopped; none by default, for servers run for ever. */
  readonly timeout?: number;
  /** Seconds in which a first byte must come from the machine. Default {@link defaultSilenceLimit}; 0: no limit. */
  readonly silenceLimit?: number;
  /** Default: none, the program sees the end of file. */
  readonly input?: RunInput;
  /** Gets every byte of the console, unaltered. QEMU waits for what it returns. */
  readonly onConsole?: (bytes: Uint8Array) => void | Promise<void>;
  /** Gets notes, before the machine starts. */
  readonly onNote?: (note: Diagnostic) => void;
  /** Asks the program to end, by SIGTERM; the machine then ends with it. */
  readonly stop?: AbortSignal;
  /** Seconds from asking to ending the machine. Default {@link defaultStopTimeout}. */
  readonly stopTimeout?: number;
  /** Ends the machine at once. */
  readonly signal?: AbortSignal;
}

/** How a program ended. */
export type Outcome =
  | { readonly kind: 'exit'; /** 0 to 255 */ readonly status: number }
  | { readonly kind: 'signal'; /** 1 to 64 */ readonly signal: number }
  /** The program rebooted the machine. */
  | { readonly kind: 'restart' };

export interface RunResult {
  readonly outcome: Outcome;
  /** What a shell would say: the status, 128 + the signal's number, 0 for a restart. */
  readonly exitCode: number;
  readonly accelerator: Accelerator;
  /** Seconds from QEMU's start to its end. */
  readonly seconds: number;
}

/** MiB. */
export const defaultMemory = 512;

/** MiB. */
export const memoryRange = { min: 64, max: 2 ** 24 } as const;

/** As many as the kernel's CONFIG_NR_CPUS. */
export const cpuRange = { min: 1, max: 64 } as const;

/** Seconds: ten times what an emulated boot takes on a slow machine. */
export const defaultSilenceLimit = 120;

/** Seconds, as docker has it. */
export const defaultStopTimeout = 10;

/**
 * Exit code of `ukl-link run` when the machine, not its program, failed (UKL5xxx); the number that docker, timeout
 * and env use for "the tool itself failed".
 */
export const machineFailureExitCode = 125;
