import { addCommands, type Command, type CommandEntry } from '../command.js';
import { UsageError } from '../status.js';

const benchmarks: readonly CommandEntry[] = [
  {
    usage: 'link',
    describe: 'Compare links with objcopy, ld and the kernel’s own relink',
    load: () => import('./bench-link.js'),
  },
  {
    usage: 'guest',
    describe: 'Count what system calls, faults, forks … cost in ring 3 and in ring 0',
    load: () => import('./bench-guest.js'),
  },
  {
    usage: 'rewrite <input> <output>',
    describe: 'Rewrite one object or archive, as a link does; a part of bench link',
    load: () => import('./bench-rewrite.js'),
  },
];

export const command: Command = {
  build: (yargs) =>
    addCommands(yargs.usage('$0 bench COMMAND'), benchmarks).demandCommand(1, 'bench: which command?'),
  run: () => Promise.reject(new UsageError('bench: which command?', 'ukl-link bench')),
};
