import { installKit } from '../../kernel/pack.js';
import { defineCommand } from '../command.js';
import { kitLine } from '../kit-text.js';
import { printJson, printLine } from '../print.js';
import { withCleanEnd } from '../signals.js';
import { jsonOption } from './kernel-options.js';

export const command = defineCommand({
  positionals: { file: { type: 'string', demandOption: true, describe: 'A file made by kernel pack' } },
  options: { json: jsonOption },
  run: async ({ file, json }) => {
    const { kit, existed } = await withCleanEnd(() => installKit(file));
    if (json) printJson({ existed, folder: kit.folder, manifest: kit.manifest });
    else printLine(`${existed ? 'there already' : 'installed'}: ${kitLine(kit)}\n${kit.folder}`);
    return 0;
  },
});
