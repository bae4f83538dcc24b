import type { Argv, InferredOptionTypes, Options } from 'yargs';
import { UsageError } from './status.js';

/** A subcommand: its options, and what it does. Each is a module of its own, loaded only by the run that needs it. */
export interface Command {
  readonly build: (yargs: Argv) => Argv;
  /** Returns the exit status of the process. Problems are thrown as `UklError`. */
  readonly run: (args: Readonly<Record<string, unknown>>) => Promise<number>;
}

/** An entry of a command table: enough for the help page, without loading the command. */
export interface CommandEntry {
  /** Name and positional arguments, in yargs' notation. */
  readonly usage: string;
  readonly describe: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

type OptionTable = Readonly<Record<string, Options>>;

export interface CommandDefinition<P extends OptionTable, O extends OptionTable> {
  readonly positionals?: P;
  readonly options?: O;
  readonly examples?: readonly (readonly [command: string, what: string])[];
  readonly run: (args: CommandArguments<P, O>) => Promise<number>;
}

type CommandArguments<P extends OptionTable, O extends OptionTable> = InferredOptionTypes<P> &
  InferredOptionTypes<O> & {
    /** What stands behind `--`, untouched. */
    readonly '--'?: readonly string[];
  };

/** Ties the options of a command to the type of the arguments it gets. */
export function defineCommand<
  P extends OptionTable = Record<never, never>,
  O extends OptionTable = Record<never, never>,
>(definition: CommandDefinition<P, O>): Command {
  const options: OptionTable = { ...definition.positionals, ...definition.options };
  return {
    build: (yargs) => {
      for (const [name, positional] of Object.entries(definition.positionals ?? {})) {
        yargs.positional(name, positional as Parameters<Argv['positional']>[1]);
      }
      for (const [command, what] of definition.examples ?? []) yargs.example(command, what);
      return yargs.options(definition.options ?? {});
    },
    run: (args) => {
      for (const [name, { array }] of Object.entries(options)) {
        // yargs makes a list of an option given twice; a silent choice between the two would be a guess.
        if (array !== true && Array.isArray(args[name])) throw new UsageError(`--${name} is given twice`);
      }
      // yargs has checked the arguments against the very tables this type is made of.
      return definition.run(args as unknown as CommandArguments<P, O>);
    },
  };
}

/** Adds a table of commands; the module behind an entry is loaded when the command line names it. */
export function addCommands(parser: Argv, table: readonly CommandEntry[]): Argv {
  for (const { usage, describe, load } of table) {
    parser.command(
      usage,
      describe,
      async (sub: Argv) => (await load()).command.build(sub),
      async (args: Readonly<Record<string, unknown>>) => {
        process.exitCode = await (await load()).command.run(args);
      },
    );
  }
  return parser;
}
