import { verifyKit } from '../../kernel/kit.js';
import { findKit } from '../../kernel/store.js';
import { defineCommand } from '../command.js';
import { kitBytes, mib } from '../kit-text.js';
import { printJson, printLine } from '../print.js';
import { jsonOption, kitOption } from './kernel-options.js';

export const command = defineCommand({
  positionals: {
    kit: { type: kitOption.type, describe: kitOption.describe },
  },
  options: { json: jsonOption },
  run: async (args) => {
    const kit = await findKit(args.kit);
    await verifyKit(kit);
    if (args.json) {
      printJson(kit);
      return 0;
    }
    const { key, tool, kernel, slot, compress, files } = kit.manifest;
    const rows = [
      ['key', key],
      ['folder', kit.folder],
      ['kernel', kernel.release],
      ['source', kernel.source === null ? 'a developer’s tree' : `Linux ${kernel.version}, ${kernel.source}`],
      ['patches', kernel.series ?? 'a developer’s tree'],
      ['profile', kernel.profile],
      ['compiler', kernel.compiler],
      ['made by', `ukl-link ${tool}`],
      ['slot', `${mib(slot.size)} at ${slot.start}`],
      ['compress', compress.join(', ')],
      ['size', `${mib(kitBytes(kit))}, every file as its SHA-256 says`],
      ...Object.entries(files).map(([name, { size }]) => ['', `${String(size).padStart(9)}  ${name}`]),
    ];
    printLine(rows.map(([name = '', value = '']) => `${name.padEnd(9)} ${value}`).join('\n'));
    return 0;
  },
});
