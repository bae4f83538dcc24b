import type { InferredOptionTypes } from 'yargs';
import { given } from '../../config/given.js';
import { defaultMemory, parseDisk, parsePort, type RunOptions } from '../../run/index.js';

/** What can be said about the machine, whatever boots it. */
export const machineOptions = {
  memory: { type: 'number', requiresArg: true, alias: 'm', describe: `MiB of memory [${defaultMemory}]` },
  cpus: { type: 'number', requiresArg: true, alias: 'smp', describe: 'Processors [1]' },
  port: {
    type: 'string',
    array: true,
    nargs: 1,
    alias: 'p',
    describe: 'Port of the host that leads to one of the program: [ADDRESS:]HOST:GUEST[/udp]',
  },
  disk: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'Disk of the machine, made if it is not there: FILE[:/FOLDER][,size=1G][,ro] [at /data]',
  },
  hostname: { type: 'string', requiresArg: true, describe: 'Name of the machine [ukl]' },
  network: { choices: ['user', 'none'] as const, describe: 'Network of the machine [user]' },
  env: { type: 'string', array: true, nargs: 1, alias: 'e', describe: 'NAME=value for the program' },
  append: { type: 'string', requiresArg: true, describe: 'Kernel parameters, behind those of the image' },
  initrd: { type: 'string', requiresArg: true, describe: 'An initrd unpacked over the image’s own files' },
  timeout: { type: 'number', requiresArg: true, describe: 'Seconds until the machine is stopped [none]' },
  accel: { choices: ['auto', 'kvm', 'tcg'] as const, describe: 'How instructions are executed [auto]' },
  'kernel-log': { type: 'boolean', describe: 'Show all of the kernel’s messages' },
  qemu: { type: 'string', requiresArg: true, describe: 'QEMU’s program [qemu-system-x86_64]' },
  'qemu-arg': { type: 'string', array: true, nargs: 1, describe: 'One more argument for QEMU' },
} as const;

type MachineWords = InferredOptionTypes<typeof machineOptions>;

/** The machine that the command line describes. Throws UKL5016 for a port that is none. */
export function machineOf(words: MachineWords): Omit<RunOptions, 'image'> {
  return given<Omit<RunOptions, 'image'>>({
    memory: words.memory,
    cpus: words.cpus,
    ports: words.port?.map(parsePort),
    disks: words.disk?.map(parseDisk),
    hostname: words.hostname,
    network: words.network,
    env: words.env,
    append: words.append,
    initrd: words.initrd,
    timeout: words.timeout,
    accelerator: words.accel,
    kernelLog: words['kernel-log'],
    qemu: words.qemu,
    qemuArguments: words['qemu-arg'],
  });
}
