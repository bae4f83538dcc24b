import type { CommandEntry } from './command.js';

/** Every command, in the order of the help page. */
export const commands: readonly CommandEntry[] = [
  {
    usage: 'run [image]',
    describe: 'Boot an image in QEMU and end as its program does',
    load: () => import('./commands/run.js'),
  },
  {
    usage: 'gdb [image]',
    describe: 'Debug the program of an image, and the kernel with it',
    load: () => import('./commands/gdb.js'),
  },
  {
    usage: 'inspect <file..>',
    describe: 'Say what a file is and what it holds',
    load: () => import('./commands/inspect.js'),
  },
  {
    usage: 'kernel',
    describe: 'Build, show, pack and install kernel kits',
    load: () => import('./commands/kernel.js'),
  },
  {
    usage: 'bench',
    describe: 'Measure ukl-link on this machine',
    load: () => import('./commands/bench.js'),
  },
  {
    usage: 'doctor',
    describe: 'Say what this machine has and lacks',
    load: () => import('./commands/doctor.js'),
  },
];
