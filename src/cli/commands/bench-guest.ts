import {
  METERS,
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
    meter: {
      choices: METERS,
      default: METERS[0],
      describe:
        'What to count: instructions of an emulated machine, or ticks of the time stamp counter, cycles under KVM',
    },
    json: jsonOption,
  },
  run: async ({ kit, options, meter, json }) => {
    const variants = (options ?? []).flatMap(readVariants);
    const display = await showProgress('subjects');
    const result = await withCleanEnd((signal) =>
      benchGuest(given({ kit, variants, meter, signal, onSubject: display.update })),
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

function resultText(result: GuestBenchResult): string {
  const { tool, kit, compiler, variants, subjects } = result;
  return [
    `Linux ${kit.release} (kit ${kit.key.slice(0, 12)}, ${kit.profile}); ${compiler}; ${machineText(result)}; ukl-link ${tool}`,
    `${METER_TEXT[result.meter]} of program and kernel together, medians; spread: how far the middle half of the samples lies apart.`,
    variants.length === 0 ? ringTable(subjects) : variantTable(variants, subjects),
  ].join('\n');
}

const METER_TEXT = { instructions: 'Instructions', ticks: 'Ticks of the time stamp counter' } as const;

function machineText({ machine: { qemu, accelerator, cpu, icount } }: GuestBenchResult): string {
  const counting = cpu === undefined || icount === undefined ? '' : ` -cpu ${cpu} -icount ${icount}`;
  return `${qemu}, ${accelerator}${counting}`;
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
