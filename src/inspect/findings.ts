import { diagnosticOf, findingsOf } from '../checks/index.js';
import type { ElfFile } from '../elf/index.js';
import type { FindingCounts } from './report.js';

/** What the checks find in an object, counted: `ukl-link check` lists it. Throws UKL1xxx for damage in what they read. */
export function findingCounts(elf: ElfFile): FindingCounts {
  const counts = { error: 0, warning: 0, note: 0 };
  for (const finding of findingsOf(elf)) counts[diagnosticOf(finding, elf.origin).severity] += finding.count;
  return counts;
}

/** The findings of several objects together. */
export function sumFindings(counts: readonly FindingCounts[]): FindingCounts {
  const sum = (of: (one: FindingCounts) => number): number =>
    counts.reduce((total, one) => total + of(one), 0);
  return { error: sum((one) => one.error), warning: sum((one) => one.warning), note: sum((one) => one.note) };
}
