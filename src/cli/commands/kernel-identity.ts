import { checkIdentity } from '../../kernel/identity.js';
import { buildReporter } from '../build-events.js';
import { defineCommand } from '../command.js';
import { wholeNumber } from '../numbers.js';
import { printJson, printLine } from '../print.js';
import { withCleanEnd } from '../signals.js';
import { jobsOption, jsonOption, sourceOption } from './kernel-options.js';

export const command = defineCommand({
  options: { source: sourceOption, jobs: { ...jobsOption, alias: 'j' }, json: jsonOption },
  run: async ({ source, jobs: jobsText, json }) => {
    const jobs = wholeNumber('--jobs', jobsText, { min: 1, max: 1024 });
    const reporter = await buildReporter();
    const same = await withCleanEnd((signal) =>
      checkIdentity({ source, jobs, signal, onEvent: reporter.onEvent }),
    ).finally(reporter.stop);
    if (json) printJson(same);
    else printLine(`identical: both vmlinux have ${same.bytes} bytes, SHA-256 ${same.sha256}`);
    return 0;
  },
});
