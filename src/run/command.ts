import { diskArguments, mountParameters } from './disks.js';
import { hostForwardRule } from './ports.js';
import { defaultMemory, type Accelerator, type MachineOptions } from './options.js';

/** How a run is tied to its QEMU. */
export interface Wiring {
  readonly accelerator: Accelerator;
  /** File that takes what the guest writes to its second serial port. */
  readonly resultFile: string;
  /** Initrd with the run's arguments, or none. */
  readonly initrd?: string;
  /** Inherited descriptor of a socket for QMP. The machine then starts paused, so that no event is missed. */
  readonly controlFd?: number;
  /** Inherited descriptor of a socket whose bytes are the program's input. */
  readonly inputFd?: number;
  /** Inherited descriptor of a socket that asks the program to end. */
  readonly stopFd?: number;
}

/** Names of the virtio ports that /init looks for (guest/input.h, guest/control.h). */
const inputPort = 'ukl.input';
const stopPort = 'ukl.control';

/** QEMU splits its options at commas; a doubled one is a comma. */
const commas = (text: string): string => text.replaceAll(',', ',,');

/** QEMU's user network is always the same: nothing needs to be asked for. */
const guestAddress = 'ip=10.0.2.15::10.0.2.2:255.255.255.0:ukl:eth0:off:10.0.2.3';

/** Kernel parameters of a run; the image's own stand before them. */
export function kernelParameters(options: MachineOptions): string {
  return [
    'console=ttyS0',
    // A panic resets the machine at once, and -no-reboot makes that QEMU's end.
    'panic=-1',
    // On a busy host an emulated timer may come too late for the kernel's test of its wiring, which then panics.
    'no_timer_check',
    ...(options.kernelLog ? [] : ['quiet']),
    ...(options.network === 'none' ? [] : [guestAddress]),
    ...(options.hostname === undefined ? [] : [`hostname=${options.hostname}`]),
    ...mountParameters(options.disks),
    ...(options.append ? [options.append] : []),
  ].join(' ');
}

/** Arguments of QEMU, without its name. The machine has nothing that is not named here. */
export function qemuArguments(options: MachineOptions, wiring: Wiring): string[] {
  const { accelerator, resultFile, initrd, controlFd, inputFd, stopFd } = wiring;
  const result = [
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    ...['-machine', 'q35', '-accel', accelerator, '-cpu', accelerator === 'kvm' ? 'host' : 'max'],
    ...['-smp', String(options.cpus ?? 1), '-m', `${options.memory ?? defaultMemory}M`],
    ...['-kernel', options.image, '-append', kernelParameters(options)],
  ];
  if (initrd !== undefined) result.push('-initrd', initrd);
  result.push('-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console');
  result.push('-chardev', `file,id=result,path=${commas(resultFile)}`, '-serial', 'chardev:result');
  if (options.network !== 'none') {
    const forwards = (options.ports ?? []).map((port) => `,hostfwd=${hostForwardRule(port)}`);
    result.push('-netdev', `user,id=net0${forwards.join('')}`);
    // No option ROM: nothing boots from the network, and the file is a package of its own on Debian.
    result.push('-device', 'virtio-net-pci,netdev=net0,romfile=');
  }
  result.push('-object', 'rng-random,id=rng0,filename=/dev/urandom', '-device', 'virtio-rng-pci,rng=rng0');
  result.push(...diskArguments(options.disks));
  if (inputFd !== undefined || stopFd !== undefined) result.push('-device', 'virtio-serial-pci,id=ports');
  if (inputFd !== undefined) result.push(...virtioPort('input', inputFd, inputPort));
  if (stopFd !== undefined) result.push(...virtioPort('stop', stopFd, stopPort));
  if (controlFd !== undefined) {
    result.push('-chardev', `socket,id=control,fd=${controlFd}`, '-mon', 'chardev=control,mode=control');
  }
  if (options.gdb !== undefined) result.push('-gdb', `tcp:127.0.0.1:${options.gdb.port}`);
  if (controlFd !== undefined || options.gdb?.wait) result.push('-S');
  result.push(...(options.qemuArguments ?? []));
  return result;
}

function virtioPort(id: string, fd: number, name: string): string[] {
  const device = `virtserialport,bus=ports.0,chardev=${id},name=${name}`;
  return ['-chardev', `socket,id=${id},fd=${fd}`, '-device', device];
}

/** One line that a POSIX shell reads as these words. */
export function shellLine(words: readonly string[]): string {
  const plain = /^[\w@%+=:,./-]+$/;
  return words.map((word) => (plain.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
