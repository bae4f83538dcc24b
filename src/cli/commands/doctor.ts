import { UklError, hostErrors } from '../../errors/index.js';
import { diagnose } from '../doctor.js';
import { defineCommand } from '../command.js';
import { printJson, printLine } from '../print.js';
import { jsonOption } from './kernel-options.js';

export const command = defineCommand({
  options: { json: jsonOption },
  run: async ({ json }) => {
    const diagnosis = await diagnose();
    if (json) {
      printJson(diagnosis);
      return diagnosis.missing.length === 0 ? 0 : 1;
    }
    for (const { purpose, state, detail } of diagnosis.checks) {
      printLine(`${state.padEnd(8)} ${purpose.padEnd(13)} ${detail}`);
    }
    if (diagnosis.install === undefined) return 0;
    const names = diagnosis.missing.map(({ name }) => name);
    throw new UklError(hostErrors.toolsMissing(names, diagnosis.install));
  },
});
