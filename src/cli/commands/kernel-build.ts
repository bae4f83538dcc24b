import { buildKit } from '../../kernel/build.js';
import { buildTreeKit } from '../../kernel/build-tree.js';
import { kitParts } from '../../kernel/parts.js';
import { buildReporter } from '../build-events.js';
import { defineCommand } from '../command.js';
import { kitLine } from '../kit-text.js';
import { wholeNumber } from '../numbers.js';
import { printJson, printLine } from '../print.js';
import { withCleanEnd } from '../signals.js';
import { jobsOption, jsonOption, planOf, planOptions } from './kernel-options.js';

export const command = defineCommand({
  options: {
    ...planOptions,
    tree: {
      type: 'string',
      requiresArg: true,
      describe: 'Build in this tree of `kernel tree`, with what was edited there',
      conflicts: ['source', 'keep'],
    },
    jobs: { ...jobsOption, alias: 'j' },
    keep: { type: 'boolean', describe: 'Leave the build tree in the cache' },
    json: jsonOption,
  },
  run: async (args) => {
    const plan = planOf(args);
    const reporter = await buildReporter();
    const options = {
      series: plan.series,
      slotMiB: plan.slotMiB,
      jobs: wholeNumber('--jobs', args.jobs, { min: 1, max: 1024 }),
      onEvent: reporter.onEvent,
      parts: kitParts,
    };
    const { kit, existed } = await withCleanEnd((signal) =>
      args.tree === undefined
        ? buildKit({ ...options, source: plan.source, keep: args.keep, signal })
        : buildTreeKit(args.tree, { ...options, signal }),
    ).finally(reporter.stop);
    if (args.json) printJson({ existed, folder: kit.folder, manifest: kit.manifest });
    else printLine(`${existed ? 'there already' : 'built'}: ${kitLine(kit)}\n${kit.folder}`);
    return 0;
  },
});
