import { rewriteOne } from '../../bench/index.js';
import { defineCommand } from '../command.js';

export const command = defineCommand({
  positionals: {
    input: { type: 'string', demandOption: true, describe: 'An object or archive' },
    output: { type: 'string', demandOption: true, describe: 'The file to write' },
  },
  options: {
    syscalls: {
      choices: ['redirect', 'native'] as const,
      default: 'redirect' as const,
      describe: 'As for a link; native only prefixes, as objcopy does',
    },
  },
  run: async ({ input, output, syscalls }) => {
    await rewriteOne(input, output, syscalls);
    return 0;
  },
});
