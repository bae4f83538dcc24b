import { listKits, shownKey } from '../../kernel/store.js';
import { defineCommand } from '../command.js';
import { kitLine } from '../kit-text.js';
import { printJson, printLine, printNotice } from '../print.js';
import { jsonOption } from './kernel-options.js';

export const command = defineCommand({
  options: { json: jsonOption },
  run: async ({ json }) => {
    const stored = await listKits();
    if (json) {
      printJson(stored.map((entry) => ('kit' in entry ? { ...entry.kit, key: entry.key } : entry)));
      return 0;
    }
    if (stored.length === 0) printNotice('no kits are stored; ukl-link kernel build makes one');
    for (const entry of stored) {
      if ('kit' in entry) printLine(kitLine(entry.kit));
      else printLine(`${shownKey(entry)}  ${entry.problems.map((problem) => problem.message).join('; ')}`);
    }
    return 0;
  },
});
