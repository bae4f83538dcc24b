// Writes docs/benchmarks.md: what `ukl-link bench guest --options all` counts on this machine. `make benchmarks` runs it.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const words = ['bench', 'guest', '--options', 'all'];
const text = execFileSync(join(root, 'bin/ukl-link'), [...words, '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const { tool, kit, compiler, machine, variants, subjects } = JSON.parse(text);

const counted = ({ instructions }) => Math.round(instructions).toLocaleString('en');
const change = (ratio) => `${ratio < 1 ? '−' : '+'}${Math.abs((ratio - 1) * 100).toFixed(1)} %`;
const row = (cells) => `| ${cells.join(' | ')} |`;
const heading = ['what', 'ring 3', 'ring 0', ...variants.map((enable) => enable.join(', '))];
const lines = subjects.map(({ title, counts, ratio, variants: others }) =>
  row([
    title,
    counted(counts.ring3),
    ...[{ count: counts.ring0, ratio }, ...others].map(
      (one) => `${counted(one.count)} (${change(one.ratio)})`,
    ),
  ]),
);

writeFileSync(
  join(root, 'docs/benchmarks.md'),
  `# What the options save

Made by \`make benchmarks\`, which runs \`ukl-link ${words.join(' ')}\`. [bench.md](bench.md) says how it counts, [options.md](options.md) what the options are.

Instructions of program and kernel together, per round; in brackets what that is to ring 3 on the same kernel.

- Linux ${kit.release}, kit ${kit.key.slice(0, 12)} (${kit.profile}); ukl-link ${tool}
- ${compiler}
- ${machine.qemu}, \`-cpu ${machine.cpu} -icount ${machine.icount}\`

${[row(heading), row(heading.map((_, i) => (i === 0 ? ':---' : '---:'))), ...lines].join('\n')}
`,
);
execFileSync('npx', ['prettier', '--write', join(root, 'docs/benchmarks.md')], { stdio: 'ignore' });
