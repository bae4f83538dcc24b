import { rewriteOne } from '../../bench/index.js';
import { defineCommand } from '../command.js';

export const command = defineCommand({
  positionals: {
    input: { type: 'string', demandOption: true, describe: 'An object or archive' },
    output: { type: 'string', demandOption: true, describe: 'The file to write' },
  },
  run: async ({ input, output }) => {
    await rewriteOne(input, output);
    return 0;
  },
});
