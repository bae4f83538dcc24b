import type { Argv } from 'yargs';
import type { InputOptions } from './input-words.js';

/** The help page's part about options that yargs does not parse (see input-words.ts). */
export function addInputOptions(yargs: Argv, options: InputOptions): void {
  for (const [name, option] of Object.entries(options)) {
    const value = option.value === undefined ? '' : `${option.value}: `;
    yargs.option(name, {
      type: option.value === undefined ? 'boolean' : 'string',
      describe: value + option.describe,
      ...(option.alias === undefined ? {} : { alias: option.alias }),
    });
  }
}
