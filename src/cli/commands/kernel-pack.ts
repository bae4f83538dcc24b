import { statSync } from 'node:fs';
import { packKit } from '../../kernel/pack.js';
import { findKit } from '../../kernel/store.js';
import { defineCommand } from '../command.js';
import { kitLine, mib } from '../kit-text.js';
import { printJson, printLine } from '../print.js';
import { withCleanEnd } from '../signals.js';
import { jsonOption } from './kernel-options.js';

export const command = defineCommand({
  positionals: { file: { type: 'string', demandOption: true, describe: 'File to write, a gzipped tar' } },
  options: {
    kit: {
      type: 'string',
      requiresArg: true,
      describe: 'First digits of a key, a profile, or a folder [the kit a link would take]',
    },
    json: jsonOption,
  },
  run: async ({ file, kit: name, json }) => {
    const kit = await findKit(name);
    await withCleanEnd(() => packKit(kit, file));
    const { size } = statSync(file);
    if (json) printJson({ file, size, key: kit.manifest.key });
    else printLine(`packed ${kitLine(kit)}\n${file}: ${mib(size)}`);
    return 0;
  },
});
