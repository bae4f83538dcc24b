import { nativeReasons, type NativeReason } from '../rewrite/index.js';
import type { LinkedSite, SyscallReport } from './syscall-sites.js';

/** `530 of 537 system call sites redirected`. */
export function summaryOf({ total, redirected }: SyscallReport): string {
  return `${redirected} of ${total} system call sites redirected`;
}

/**
 * The map file: a summary, a line per site of the program in the order of addresses, and what the reasons that occur mean. Columns are
 * aligned; `-` stands for what is not known.
 */
export function formatSyscallMap(report: SyscallReport): string {
  const sites = [...report.sites].sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  const reasons = [...new Set(sites.flatMap(({ reason }) => reason ?? []))].sort();
  return [
    summaryOf(report),
    '',
    ...alignColumns([HEADINGS, ...sites.map(cellsOf)]),
    ...(reasons.length === 0
      ? []
      : ['', ...alignColumns(reasons.map((r: NativeReason) => [r, nativeReasons[r]]))]),
    '',
  ].join('\n');
}

const HEADINGS = ['address', 'state', 'reason', 'number', 'name', 'place', 'function', 'object'];

function cellsOf(site: LinkedSite): string[] {
  const { address, state, reason, number, name, section, offset, member, file } = site;
  return [
    address,
    state,
    reason ?? '-',
    number === undefined ? '-' : String(number),
    name ?? '-',
    `${section}+0x${offset.toString(16)}`,
    site.function ?? '-',
    member === undefined ? file : `${file}(${member})`,
  ];
}

/** Rows as lines, every column but the last as wide as its widest cell. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.slice(0, -1).forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  }
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '));
}
