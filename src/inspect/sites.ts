import type { ElfFile } from '../elf/index.js';
import { rewriteObject } from '../rewrite/rewrite-file.js';
import type { SiteCounts } from './report.js';

/** What a link makes of the system call sites of an object. Throws UKL1xxx for damage that only a rewrite finds. */
export function siteCounts(elf: ElfFile): SiteCounts {
  const { sites } = rewriteObject(elf, { syscalls: 'redirect' });
  const native: Record<string, number> = {};
  for (const { reason } of sites) if (reason !== undefined) native[reason] = (native[reason] ?? 0) + 1;
  return { total: sites.length, redirected: sites.filter(({ stub }) => stub !== undefined).length, native };
}

/** The sites of several objects together. */
export function sumSites(counts: readonly SiteCounts[]): SiteCounts {
  const native: Record<string, number> = {};
  for (const one of counts) {
    for (const [reason, count] of Object.entries(one.native)) native[reason] = (native[reason] ?? 0) + count;
  }
  const sum = (of: (one: SiteCounts) => number): number => counts.reduce((total, one) => total + of(one), 0);
  return { total: sum(({ total }) => total), redirected: sum(({ redirected }) => redirected), native };
}
