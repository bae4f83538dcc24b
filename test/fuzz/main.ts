import { runFuzz } from './runner.js';

/** `make fuzz`: COUNT inputs from number FIRST on, or those of them that are for SUBJECT; prints what became of them. */
const [count = 200_000, first = 0] = process.argv.slice(2, 4).map(Number);
const only = process.argv[4];
if (!Number.isSafeInteger(count) || !Number.isSafeInteger(first) || count < 1 || first < 0) {
  process.stderr.write('usage: node scripts/fuzz.mjs [COUNT [FIRST [SUBJECT]]]\n');
  process.exit(2);
}

const start = performance.now();
const { bySubject, failures } = await runFuzz(first, count, only);
const seconds = ((performance.now() - start) / 1000).toFixed(0);
const table = [['subject', 'inputs', 'valid', 'slowest ms', 'most bytes', 'most heap', 'codes']];
let total = 0;
for (const [name, { inputs, accepted, codes, slowest, mostBytes, mostHeap }] of bySubject) {
  total += inputs;
  const found = [...codes].sort(([a], [b]) => a.localeCompare(b)).map(([code, n]) => `${code.slice(3)}:${n}`);
  const numbers = [inputs, accepted, Math.ceil(slowest), mostBytes, mostHeap].map(String);
  table.push([name, ...numbers, found.join(' ')]);
}
const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
for (const row of table) {
  const cells = row.map((cell, i) =>
    i === 0 || i === 6 ? cell.padEnd(i === 0 ? (widths[0] ?? 0) : 0) : cell.padStart(widths[i] ?? 0),
  );
  process.stdout.write(`${cells.join('  ')}\n`);
}
process.stdout.write(`${total} inputs in ${seconds} s, ${failures.length} failures\n`);
for (const failure of failures) process.stderr.write(`${failure}\n`);
process.exit(failures.length === 0 ? 0 : 1);
