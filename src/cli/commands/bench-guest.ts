import {
  benchGuest,
  parseVariants,
  type Count,
  type GuestBenchResult,
  type GuestSubject,
} from '../../bench/index.js';
import { UKL_OPTIONS, type UklOption } from '../../options/index.js';
import { defineCommand } from '../command.js';
import { given } from '../../config/given.js';
import { printJson, printLine } from '../print.js';
import { showProgress } from '../progress.js';
import { withCleanEnd } from '../signals.js';
import { UsageError } from '../status.js';
import { table } from '../table.js';
import { jsonOption, kitOption } from './kernel-options.js';

export const command = defineCommand({
  options: {
    kit: kitOption,
    options: {
      type: 'string',
      array: true,
      requiresArg: true,
      describe:
        'Count with these options, too: names of docs/options.md joined by +, or all: each alone, and all together; may be repeated',
    },
    json: jsonOption,
  },
  run: async ({ kit, options, json }) => {
    const variants = (options ?? []).flatMap(readVariants);
    const display = await showProgress('subjects');
    const result = await withCleanEnd((signal) =>
      benchGuest(given({ kit, variants, signal, onSubject: display.update })),
    ).finally(display.stop);
    if (json) printJson(result);
    else printLine(resultText(result));
    return 0;
  },
});

function readVariants(text: string): readonly (readonly UklOption[])[] {
  const variants = parseVariants(text);
  if (variants !== undefined) return variants;
  throw new UsageError(
    `--options takes all, or of ${UKL_OPTIONS.join(', ')} those to be counted, joined by +; not ${text}`,
  );
}

function resultText({ tool, kit, compiler, machine, variants, subjects }: GuestBenchResult): string {
  return [
    `Linux ${kit.release} (kit ${kit.key.slice(0, 12)}, ${kit.profile}); ${compiler}; ${machine.qemu}, -cpu ${machine.cpu} -icount ${machine.icount}; ukl-link ${tool}`,
    'Instructions of program and kernel together, medians; spread: how far the middle half of the samples lies apart.',
    variants.length === 0 ? ringTable(subjects) : variantTable(variants, subjects),
  ].join('\n');
}

const counted = ({ instructions }: Count): string => Math.round(instructions).toLocaleString('en');

function ringTable(subjects: readonly GuestSubject[]): string {
  const rows = subjects.map(({ title, counts, ratio }) => [
    title,
    ...[counts.ring3, counts.ring0].map(counted),
    ratio.toFixed(3),
    `${(Math.max(counts.ring3.spread, counts.ring0.spread) * 100).toFixed(1)} %`,
  ]);
  return table([['', 'ring 3', 'ring 0', 'ratio', 'spread'], ...rows], { right: [1, 2, 3, 4] });
}

/** A column for each set of options: the count, and what it is to that of ring 3. */
function variantTable(variants: GuestBenchResult['variants'], subjects: readonly GuestSubject[]): string {
  const change = (ratio: number): string =>
    `${ratio < 1 ? '−' : '+'}${Math.abs((ratio - 1) * 100).toFixed(1)} %`;
  const rows = subjects.map(({ title, counts, ratio, variants: others }) => [
    title,
    counted(counts.ring3),
    ...[{ count: counts.ring0, ratio }, ...others].map(
      (one) => `${counted(one.count)} (${change(one.ratio)})`,
    ),
  ]);
  const heading = ['', 'ring 3', 'ring 0', ...variants.map((enable) => enable.join('+'))];
  return table([heading, ...rows], { right: heading.map((_, i) => i).slice(1) });
}
