import { UklError } from '../../errors/index.js';
import type { RunSettings } from '../../config/index.js';
import { defineCommand } from '../command.js';
import { CONFIG_FILE, CONFIG_HELP } from '../config-choice.js';
import { withConsoleLog, type ConsoleLog } from '../console-log.js';
import { given } from '../../config/given.js';
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
import { chosenRun } from '../run-settings.js';
import { withStop } from '../signals.js';
import { StatusError } from '../status.js';
import { ESCAPE_HINT, consoleTerminal } from '../terminal.js';

export const command = defineCommand({
  positionals: {
    image: { type: 'string', describe: `A bzImage made by ukl-link [the output that ${CONFIG_FILE} names]` },
  },
  options: {
    config: { type: 'string', requiresArg: true, describe: `${CONFIG_HELP} image]` },
    ...machineOptions,
    'console-log': {
      type: 'string',
      requiresArg: true,
      describe: 'A file that gets everything the console shows, too',
    },
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
    ['$0 run', `the image and the machine that ${CONFIG_FILE} describes`],
  ],
  run: async (args) => {
    const { options, consoleLog } = await chosenRun(
      args.config,
      given<RunSettings>({
        image: args.image,
        ...machineOf(args),
        args: args['--'],
        silenceLimit: args['silence-limit'],
        stopTimeout: args['stop-timeout'],
        gdb: args.gdb === undefined ? undefined : { port: args.gdb, wait: args['gdb-wait'] === true },
        consoleLog: args['console-log'],
      }),
      'ukl-link run',
    );
    if (args['dry-run'] === true) {
      const words = await runCommand(options);
      if (args.json) printJson({ command: words });
      else printLine(shellLine(words));
      return 0;
    }
    if (consoleLog === undefined) return runOnConsole(options, args.json === true);
    return withConsoleLog(consoleLog, (log) => runOnConsole(options, args.json === true, log));
  },
});

/** Boots the image with its console on ours, and ends as its program does. */
async function runOnConsole(options: RunOptions, json: boolean, log?: ConsoleLog): Promise<number> {
  const result = await withStop(async ({ stop, abort, ask }) => {
    const terminal = consoleTerminal(ask);
    if (terminal.input.kind === 'terminal') printNotice(ESCAPE_HINT);
    try {
      return await runImage({
        ...options,
        input: terminal.input,
        stop,
        signal: abort,
        onConsole: async (bytes) => {
          await log?.(bytes);
          await writeAll(json ? process.stderr : process.stdout, bytes);
        },
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
