import yargs, { type Argv } from 'yargs';
import { packageVersion } from '../host/index.js';
import { separateValues } from './argv.js';
import { addCommands } from './command.js';
import { commands } from './commands.js';
import { addInputOptions } from './input-help.js';
import { checkOptions, linkOptions } from './link-words.js';
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
  addLinkHelp(parser);
  addCheckHelp(parser);
  await addCommands(parser, commands).strict().parseAsync();
}

/** The root command is run without yargs (see link-words.ts); here is only its part of the help page. */
function addLinkHelp(parser: Argv): void {
  const describe = 'Link a program with the kernel into one bootable image';
  parser.command('$0', describe, (sub: Argv) => {
    sub.usage('$0 --with-program=FILE... [FILE | -lNAME | -LDIR]... -o IMAGE\n$0 COMMAND');
    sub.option('with-program', {
      type: 'string',
      describe: 'FILE: objects and archives, then libraries as for ld',
    });
    addInputOptions(sub, linkOptions);
    sub.option('strip-all', {
      type: 'boolean',
      alias: 's',
      describe: 'Leave the program’s symbols out of the image, as ld would',
    });
    sub.example('$0 --with-program=hello.o -o hello.bzImage', 'then: ukl-link run hello.bzImage');
    return sub.demandCommand(1, 'say what to link (--with-program=FILE -o IMAGE), or name a command');
  });
}

/** The same of `check`, which takes its inputs as a link does. */
function addCheckHelp(parser: Argv): void {
  const describe = 'Say what a link would meet, and what is different in ring 0';
  parser.command('check', describe, (sub: Argv) => {
    sub.usage('$0 check [FILE | -lNAME | -LDIR]...');
    addInputOptions(sub, checkOptions);
    return sub.example('$0 check hello.o -lcrypto', 'what a link would take of libcrypto, too');
  });
}
