import { benchGuest, type GuestBenchResult } from '../../bench/index.js';
import { defineCommand } from '../command.js';
import { given } from '../../config/given.js';
import { printJson, printLine } from '../print.js';
import { showProgress } from '../progress.js';
import { withCleanEnd } from '../signals.js';
import { table } from '../table.js';
import { jsonOption, kitOption } from './kernel-options.js';

export const command = defineCommand({
  options: {
    kit: kitOption,
    json: jsonOption,
  },
  run: async ({ kit, json }) => {
    const display = await showProgress('subjects');
    const result = await withCleanEnd((signal) =>
      benchGuest(given({ kit, signal, onSubject: display.update })),
    ).finally(display.stop);
    if (json) printJson(result);
    else printLine(resultText(result));
    return 0;
  },
});

function resultText({ tool, kit, compiler, machine, subjects }: GuestBenchResult): string {
  const rows = subjects.map(({ title, counts, ratio }) => [
    title,
    ...[counts.ring3, counts.ring0].map(({ instructions }) => Math.round(instructions).toLocaleString('en')),
    ratio.toFixed(3),
    `${(Math.max(counts.ring3.spread, counts.ring0.spread) * 100).toFixed(1)} %`,
  ]);
  const heading = ['', 'ring 3', 'ring 0', 'ratio', 'spread'];
  return [
    `Linux ${kit.release} (kit ${kit.key.slice(0, 12)}, ${kit.profile}); ${compiler}; ${machine.qemu}, -cpu ${machine.cpu} -icount ${machine.icount}; ukl-link ${tool}`,
    'Instructions of program and kernel together, medians; spread: how far the middle half of the samples lies apart.',
    table([heading, ...rows], { right: [1, 2, 3, 4] }),
  ].join('\n');
}
