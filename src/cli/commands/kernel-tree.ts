import { makeTree } from '../../kernel/tree.js';
import { defineCommand } from '../command.js';
import { printJson, printLine, printNotice } from '../print.js';
import { withCleanEnd } from '../signals.js';
import { jsonOption, sourceOption } from './kernel-options.js';

export const command = defineCommand({
  positionals: { folder: { type: 'string', demandOption: true, describe: 'New folder for the tree' } },
  options: { source: sourceOption, json: jsonOption },
  run: async ({ folder, source, json }) => {
    printNotice('unpacking the source and committing the patches, one by one');
    await withCleanEnd((signal) => makeTree(folder, { source, signal }));
    if (json) printJson({ folder });
    else {
      printLine(`${folder} is ready. Edit and commit there, then:
  ukl-link kernel build --tree ${folder}     compiles what was edited, stores a kit
  ukl-link kernel patches ${folder}          writes the commits back as the patch series`);
    }
    return 0;
  },
});
