import { planBuild } from '../../kernel/build.js';
import { kitOfKey } from '../../kernel/store.js';
import { defineCommand } from '../command.js';
import { printJson, printLine } from '../print.js';
import { jsonOption, planOf, planOptions } from './kernel-options.js';

export const command = defineCommand({
  options: { ...planOptions, json: jsonOption },
  run: async (args) => {
    const { key } = await planBuild(planOf(args));
    if (args.json) printJson({ key, stored: (await kitOfKey(key)) !== undefined });
    else printLine(key);
    return 0;
  },
});
