import { buildKit } from '../../kernel/build.js';
import { buildTreeKit } from '../../kernel/build-tree.js';
import { SLOT_MIB } from '../../kernel/configure.js';
import { kitParts } from '../../kernel/parts.js';
import { DEFAULT_PROFILE, loadSeries, profilesOf } from '../../kernel/series.js';
import { buildReporter } from '../build-events.js';
import { defineCommand } from '../command.js';
import { kitLine } from '../kit-text.js';
import { wholeNumber } from '../numbers.js';
import { printJson, printLine } from '../print.js';
import { withCleanEnd } from '../signals.js';
import { jobsOption, jsonOption, sourceOption } from './kernel-options.js';

export const command = defineCommand({
  options: {
    source: sourceOption,
    tree: {
      type: 'string',
      requiresArg: true,
      describe: 'Build in this tree of `kernel tree`, with what was edited there',
      conflicts: ['source', 'keep'],
    },
    profile: {
      type: 'string',
      requiresArg: true,
      describe: `Configuration: ${profilesOf().join(' or ')} [${DEFAULT_PROFILE}]`,
    },
    'slot-size': {
      type: 'string',
      requiresArg: true,
      describe: `MiB reserved for the program and its root file system, ${SLOT_MIB.min} to ${SLOT_MIB.max} [${SLOT_MIB.default}]`,
    },
    jobs: { ...jobsOption, alias: 'j' },
    keep: { type: 'boolean', describe: 'Leave the build tree in the cache' },
    json: jsonOption,
  },
  run: async (args) => {
    const series = loadSeries(args.profile);
    const reporter = await buildReporter();
    const options = {
      series,
      slotMiB: wholeNumber('--slot-size', args['slot-size'], SLOT_MIB),
      jobs: wholeNumber('--jobs', args.jobs, { min: 1, max: 1024 }),
      onEvent: reporter.onEvent,
      parts: kitParts,
    };
    const { kit, existed } = await withCleanEnd((signal) =>
      args.tree === undefined
        ? buildKit({ ...options, source: args.source, keep: args.keep, signal })
        : buildTreeKit(args.tree, { ...options, signal }),
    ).finally(reporter.stop);
    if (args.json) printJson({ existed, folder: kit.folder, manifest: kit.manifest });
    else printLine(`${existed ? 'there already' : 'built'}: ${kitLine(kit)}\n${kit.folder}`);
    return 0;
  },
});
