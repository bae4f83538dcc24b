import type { ElfFile } from '../elf/index.js';
import { checkCode } from './code.js';
import { Findings, type Finding } from './finding.js';
import { checkRelocations } from './relocations.js';
import { checkSections } from './sections.js';

/**
 * Everything that a relocatable object does and asks for that matters in ring 0, but for what depends on the other objects of a link
 * (src/inputs). docs/checks.md lists the checks. Throws UKL1xxx for damage in what it reads.
 */
export function findingsOf(elf: ElfFile): Finding[] {
  const findings = new Findings();
  checkSections(elf, findings);
  checkRelocations(elf, findings);
  checkCode(elf, findings);
  return findings.list();
}

/**
 * What the code of a finished executable does that matters in ring 0. What else the checks of objects look at is a matter of linking. Throws UKL1xxx.
 */
export function findingsOfExecutable(elf: ElfFile): Finding[] {
  const findings = new Findings();
  checkCode(elf, findings);
  return findings.list();
}

/** Raised whenever `findingsOf` finds something else: findings of another version are not taken from the cache. */
export const CHECKS_VERSION = 1;
