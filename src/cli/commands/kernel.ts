import { addCommands, type Command, type CommandEntry } from '../command.js';
import { UsageError } from '../status.js';

const table: readonly CommandEntry[] = [
  {
    usage: 'build',
    describe: 'Build the patched kernel, once, and store its kit',
    load: () => import('./kernel-build.js'),
  },
  {
    usage: 'key',
    describe: 'Print the key of the kit that a build would make, to cache kits by it',
    load: () => import('./kernel-key.js'),
  },
  { usage: 'list', describe: 'List the stored kits', load: () => import('./kernel-list.js') },
  { usage: 'show [kit]', describe: 'Show one kit', load: () => import('./kernel-show.js') },
  { usage: 'remove <kit..>', describe: 'Remove kits', load: () => import('./kernel-remove.js') },
  {
    usage: 'pack <file>',
    describe: 'Write a kit into one file that another machine can install',
    load: () => import('./kernel-pack.js'),
  },
  { usage: 'install <file>', describe: 'Install a packed kit', load: () => import('./kernel-install.js') },
  {
    usage: 'tree <folder>',
    describe: 'Make a git tree of the kernel with the patches as commits, to work on them',
    load: () => import('./kernel-tree.js'),
  },
  {
    usage: 'patches <folder>',
    describe: 'Write the commits of such a tree back as the patch series',
    load: () => import('./kernel-patches.js'),
  },
  {
    usage: 'identity',
    describe: 'Show that the patched tree with UKL off builds the pristine vmlinux, byte for byte',
    load: () => import('./kernel-identity.js'),
  },
];

export const command: Command = {
  build: (yargs) =>
    addCommands(yargs.usage('$0 kernel COMMAND'), table).demandCommand(1, 'kernel: which command?'),
  run: () => Promise.reject(new UsageError('kernel: which command?', 'ukl-link kernel')),
};
