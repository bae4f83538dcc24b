import { UklError } from '../../errors/index.js';
import { debugCommands, debugImage, type DebugOptions } from '../../gdb/index.js';
import { machineFailureExitCode, shellLine } from '../../run/index.js';
import type { RunSettings } from '../../config/index.js';
import { splitWords } from '../argv.js';
import { defineCommand } from '../command.js';
import { CONFIG_FILE, CONFIG_HELP } from '../config-choice.js';
import { given } from '../../config/given.js';
import { printDiagnostics, printLine, printNotice } from '../print.js';
import { chosenRun } from '../run-settings.js';
import { StatusError, UsageError } from '../status.js';
import { machineOf, machineOptions } from './machine-options.js';

export const command = defineCommand({
  positionals: {
    image: { type: 'string', describe: `A bzImage made by ukl-link [the output that ${CONFIG_FILE} names]` },
  },
  options: {
    config: { type: 'string', requiresArg: true, describe: `${CONFIG_HELP} image]` },
    symbols: {
      type: 'string',
      requiresArg: true,
      describe: 'What --separate-debug-file has written [IMAGE.dbg]; without, the image’s own symbols',
    },
    vmlinux: {
      type: 'string',
      requiresArg: true,
      describe: 'The kernel’s symbols [those of the image’s kit]',
    },
    core: { type: 'string', requiresArg: true, describe: 'A core file of the program, instead of booting' },
    'target-remote': {
      type: 'string',
      requiresArg: true,
      conflicts: 'core',
      describe: 'HOST:PORT of gdbserver in a guest, or of a machine’s stub (run --gdb), instead of booting',
    },
    args: {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'Arguments of the program, split as a shell does',
    },
    ...machineOptions,
    'dry-run': { type: 'boolean', describe: 'Print the commands of QEMU and gdb instead of running them' },
  },
  examples: [
    ['$0 gdb hello.bzImage', 'stops at the program’s first instruction'],
    [
      "$0 gdb hello.bzImage -- --batch -ex 'break main' -ex continue -ex backtrace",
      'arguments for gdb behind --',
    ],
    ['$0 gdb', `the image and the machine that ${CONFIG_FILE} describes`],
    ['$0 gdb hello.bzImage --core core.1', 'what a program left that was killed'],
  ],
  run: async (args) => {
    const { core, 'target-remote': remote } = args;
    const flags = { image: args.image, ...machineOf(args), args: args.args?.flatMap(wordsOf) };
    const { options: machine, link } = await chosenRun(
      args.config,
      given<RunSettings>(flags),
      'ukl-link gdb',
    );
    const options = given<DebugOptions>({
      image: machine.image,
      symbols: args.symbols ?? (typeof link.debugFile === 'string' ? link.debugFile : undefined),
      vmlinux: args.vmlinux,
      target:
        core !== undefined
          ? { kind: 'core', file: core }
          : remote !== undefined
            ? { kind: 'remote', address: remote }
            : undefined,
      run: { ...machine, onNote: note, onConsole: show },
      gdbArguments: args['--'],
      onNote: note,
    });
    if (args['dry-run'] === true) {
      for (const words of await debugCommands(options)) printLine(shellLine(words));
      return 0;
    }
    return await inTerminal(options);
  },
});

/** Ctrl-C is gdb's, which stops the program by it; this process goes on until gdb ends. */
async function inTerminal(options: DebugOptions): Promise<number> {
  if (options.target === undefined)
    printNotice('the kernel is booted with nokaslr: it runs where it was linked');
  const end = new AbortController();
  const abort = (): void => end.abort();
  process.on('SIGINT', ignore).on('SIGTERM', abort).on('SIGHUP', abort);
  try {
    return await debugImage({ ...options, signal: end.signal });
  } catch (error) {
    throw error instanceof UklError
      ? new StatusError(error.diagnostics, machineFailureExitCode, { cause: error })
      : error;
  } finally {
    process.off('SIGINT', ignore).off('SIGTERM', abort).off('SIGHUP', abort);
  }
}

const ignore = (): void => undefined;
const note: NonNullable<DebugOptions['onNote']> = (diagnostic) => printDiagnostics([diagnostic]);
const show = (bytes: Uint8Array): void => void process.stdout.write(bytes);

function wordsOf(text: string): string[] {
  const split = splitWords(text);
  if (split === undefined) throw new UsageError(`--args: a quote is left open in: ${text}`);
  return split;
}
