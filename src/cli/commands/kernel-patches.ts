import { BASE_TAG, writePatches } from '../../kernel/tree.js';
import { defineCommand } from '../command.js';
import { printJson, printLine } from '../print.js';
import { jsonOption } from './kernel-options.js';

export const command = defineCommand({
  positionals: { folder: { type: 'string', demandOption: true, describe: 'A tree of `kernel tree`' } },
  options: {
    base: {
      type: 'string',
      requiresArg: true,
      describe: `The commit that holds the unpatched source [the tag ${BASE_TAG}]`,
    },
    json: jsonOption,
  },
  run: async ({ folder, base, json }) => {
    const result = await writePatches(folder, { base });
    if (json) printJson(result);
    else {
      const mark = (name: string): string => (result.changed.includes(name) ? 'written  ' : 'unchanged');
      for (const name of result.patches) printLine(`${mark(name)} ${name}`);
      for (const name of result.changed) if (!result.patches.includes(name)) printLine(`removed   ${name}`);
    }
    return 0;
  },
});
