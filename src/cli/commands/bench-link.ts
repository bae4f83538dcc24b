import { benchLink, type BenchOptions, type BenchResult, type Comparison } from '../../bench/index.js';
import { defineCommand } from '../command.js';
import { given } from '../../config/given.js';
import { mib } from '../kit-text.js';
import { printJson, printLine } from '../print.js';
import { showProgress } from '../progress.js';
import { endAtOnceOnSignal } from '../signals.js';
import { UsageError } from '../status.js';
import { table } from '../table.js';
import { jsonOption } from './kernel-options.js';

const DEFAULT_ROUNDS = 5;

export const command = defineCommand({
  options: {
    rounds: { type: 'number', requiresArg: true, describe: `Measured rounds [${DEFAULT_ROUNDS}]` },
    tree: {
      type: 'string',
      requiresArg: true,
      describe: 'A built kernel tree, for the kernel’s own relink; a source file of it is touched',
    },
    json: jsonOption,
  },
  examples: [
    ['$0 bench link --tree build/linux', 'with the kernel’s relink'],
    ['$0 bench link -- redis/src/*.o redis/deps/lua/src/liblua.a', 'a program of your own, besides hello'],
  ],
  run: async ({ rounds = DEFAULT_ROUNDS, tree, json, '--': program }) => {
    if (!Number.isInteger(rounds) || rounds < 1)
      throw new UsageError('--rounds must be a whole number from 1');
    endAtOnceOnSignal();
    const display = await showProgress('rounds');
    let result: BenchResult;
    try {
      result = await benchLink(given<BenchOptions>({ rounds, tree, program, onRound: display.update }));
    } finally {
      display.stop();
    }
    if (json) printJson(result);
    else printLine(resultText(result, tree !== undefined));
    return 0;
  },
});

function resultText({ machine, rounds, comparisons }: BenchResult, withKernel: boolean): string {
  const { cpu, cpus, memory, kernel, load, node, binutils, tool } = machine;
  const blocks = [
    [
      `${cpu}, ${cpus} processors, ${mib(memory)}, load ${load.toFixed(1)}; Linux ${kernel}; Node ${node}; ${binutils}; ukl-link ${tool}`,
      `Whole processes, ${rounds} rounds in turn, files in the page cache. Milliseconds; the ratio is that of the shortest rounds.`,
    ].join('\n'),
    ...comparisons.flatMap((comparison) => [comparisonText(comparison), ...passesText(comparison)]),
  ];
  if (!withKernel) blocks.push('The kernel’s own relink is not measured: name a built kernel with --tree.');
  return blocks.join('\n\n');
}

function comparisonText({ title, subjects, ratios }: Comparison): string {
  const rows = subjects.map((subject, i) => [
    subject.title,
    ...[subject.wall.min, subject.wall.median, subject.cpu.median].map((ms) => ms.toFixed(0)),
    (ratios[i]?.ratio ?? 0).toFixed(2),
    subject.peakMemory === undefined ? '' : mib(subject.peakMemory),
  ]);
  const heading = ['', 'min', 'median', 'CPU', 'ratio', 'peak memory'];
  return `${title}\n${table([heading, ...rows], { indent: '  ', right: [1, 2, 3, 4, 5] })}`;
}

/** The passes of the links of one program side by side. */
function passesText({ subjects }: Comparison): string[] {
  const links = subjects.filter(({ passes }) => passes !== undefined);
  const [first] = links;
  if (first?.passes === undefined) return [];
  const rows = first.passes.map(({ name }, i) => [
    name,
    ...links.map(({ passes }) => (passes?.[i]?.milliseconds ?? 0).toFixed(1)),
  ]);
  const right = links.map((_, i) => i + 1);
  return [
    table(
      [['  pass', ...links.map(({ title }) => title)], ...rows.map(([name, ...ms]) => [`  ${name}`, ...ms])],
      { right },
    ),
  ];
}
