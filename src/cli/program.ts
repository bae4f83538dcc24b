import yargs from 'yargs';
import { packageVersion } from '../host/index.js';
import { separateValues } from './argv.js';
import { addCommands } from './command.js';
import { commands } from './commands.js';
import { UsageError } from './status.js';

/** Parses the command line and runs the command it names, which sets the exit status of the process. */
export async function runProgram(words: readonly string[]): Promise<void> {
  const parser = yargs(separateValues(words))
    .scriptName('ukl-link')
    .version(packageVersion())
    // yargs' own texts follow the user's language, ours do not: one language on one page.
    .detectLocale(false)
    .parserConfiguration({
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'boolean-negation': false,
      'populate--': true,
    })
    .help()
    .alias('help', 'h')
    .wrap(100)
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message: string | null, error: unknown) => {
      throw error instanceof Error ? error : new UsageError(message?.split('\n')[0] ?? 'wrong usage');
    });
  await addCommands(parser, commands).strict().parseAsync();
}
