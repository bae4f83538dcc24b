import { UklError } from '../../errors/index.js';
import { defineCommand } from '../command.js';
import { given } from '../given.js';
import { printDiagnostics, printJson, printLine, printNotice } from '../print.js';
import {
  defaultStopTimeout,
  machineFailureExitCode,
  runCommand,
  runImage,
  shellLine,
  type RunOptions,
} from '../../run/index.js';
import { machineOf, machineOptions } from './machine-options.js';
import { withStop } from '../signals.js';
import { StatusError } from '../status.js';
import { ESCAPE_HINT, consoleTerminal } from '../terminal.js';

export const command = defineCommand({
  positionals: { image: { type: 'string', demandOption: true, describe: 'A bzImage made by ukl-link' } },
  options: {
    ...machineOptions,
    'silence-limit': {
      type: 'number',
      requiresArg: true,
      describe: 'Seconds in which the machine must say something; 0: no limit [120]',
    },
    'stop-timeout': {
      type: 'number',
      requiresArg: true,
      describe: `Seconds that the program has to end when this command is told to [${defaultStopTimeout}]`,
    },
    gdb: { type: 'number', requiresArg: true, describe: 'Port of 127.0.0.1 for a debugger' },
    'gdb-wait': { type: 'boolean', implies: 'gdb', describe: 'Start only when the debugger says so' },
    'dry-run': { type: 'boolean', describe: 'Print QEMU’s command instead of running it' },
    json: { type: 'boolean', describe: 'Print the result as one JSON document, the console on stderr' },
  },
  examples: [
    ['$0 run redis.bzImage -p 6379 -m 1024', 'Redis on port 6379 of this host'],
    ['$0 run redis.bzImage -p 6379 --disk redis.img -- --dir /data', 'with files that live on'],
    ['$0 run hello.bzImage -- --name world', 'arguments for the program behind --'],
  ],
  run: async (args) => {
    const options: RunOptions = given<RunOptions>({
      image: args.image,
      ...machineOf(args),
      args: args['--'],
      silenceLimit: args['silence-limit'],
      stopTimeout: args['stop-timeout'],
      gdb: args.gdb === undefined ? undefined : { port: args.gdb, wait: args['gdb-wait'] === true },
    });
    if (args['dry-run'] === true) {
      const words = await runCommand(options);
      if (args.json) printJson({ command: words });
      else printLine(shellLine(words));
      return 0;
    }
    return runOnConsole(options, args.json === true);
  },
});

/** Boots the image with its console on ours, and ends as its program does. */
async function runOnConsole(options: RunOptions, json: boolean): Promise<number> {
  const result = await withStop(async ({ stop, abort, ask }) => {
    const terminal = consoleTerminal(ask);
    if (terminal.input.kind === 'terminal') printNotice(ESCAPE_HINT);
    try {
      return await runImage({
        ...options,
        input: terminal.input,
        stop,
        signal: abort,
        onConsole: (bytes) => writeAll(json ? process.stderr : process.stdout, bytes),
        onNote: (note) => printDiagnostics([note]),
      });
    } catch (error) {
      throw error instanceof UklError ? machineFailure(error) : error;
    } finally {
      terminal.restore();
    }
  });
  if (json) printJson(result);
  return result.exitCode;
}

/** The machine's own failures must not look like a status of the program. */
function machineFailure(error: UklError): UklError {
  return new StatusError(error.diagnostics, machineFailureExitCode, { cause: error });
}

/** Waits until a slow reader of our output has taken what it got: the guest must not run ahead of it without limit. */
function writeAll(stream: NodeJS.WriteStream, bytes: Uint8Array): void | Promise<void> {
  if (stream.write(bytes)) return undefined;
  return new Promise((resolve) => stream.once('drain', resolve));
}
