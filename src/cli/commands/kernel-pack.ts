import { statSync } from 'node:fs';
import { packKit } from '../../kernel/pack.js';
import { findKit } from '../../kernel/store.js';
import { defineCommand } from '../command.js';
import { kitLine, mib } from '../kit-text.js';
import { printJson, printLine } from '../print.js';
import { withCleanEnd } from '../signals.js';
import { jsonOption, kitOption } from './kernel-options.js';

export const command = defineCommand({
  positionals: { file: { type: 'string', demandOption: true, describe: 'File to write, a gzipped tar' } },
  options: {
    kit: kitOption,
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
