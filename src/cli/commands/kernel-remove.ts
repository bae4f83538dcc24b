import { findStored, listKits, removeKit, shownKey } from '../../kernel/store.js';
import { defineCommand } from '../command.js';
import { printJson, printLine } from '../print.js';
import { jsonOption } from './kernel-options.js';

export const command = defineCommand({
  positionals: {
    kit: { type: 'string', array: true, demandOption: true, describe: 'First digits of the keys' },
  },
  options: { json: jsonOption },
  run: async ({ kit, json }) => {
    const all = await listKits();
    // All names are looked up before anything is removed.
    const found = new Set(kit.map((name) => findStored(name, all)));
    for (const stored of found) await removeKit(stored);
    const removed = [...found].map(({ key }) => key);
    if (json) printJson({ removed });
    else for (const stored of found) printLine(`removed ${shownKey(stored)}`);
    return 0;
  },
});
