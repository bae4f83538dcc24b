import { readFileSync } from 'node:fs';
import { findingsOf, type Finding } from '../../../src/checks/index.js';
import { readElf } from '../../../src/elf/index.js';
import type { Workshop } from '../link/corpus.js';

/** Ends an assembler source as gcc does: without it, every object would be found to ask for an executable stack. */
const STACK_NOTE = '\n.section .note.GNU-stack,"",@progbits\n';

/** What the checks find in a source: assembler (`.s`, the stack's note added), C or C++. */
export function findingsIn(
  shop: Workshop,
  name: string,
  source: string,
  flags: readonly string[] = [],
): Finding[] {
  const path = shop.compile(name, name.endsWith('.s') ? source + STACK_NOTE : source, flags);
  return findingsOf(readElf(readFileSync(path), { file: path }));
}

/** Assembler functions, each with its size, one for each text. */
export function functions(bodies: Readonly<Record<string, string>>): string {
  return Object.entries(bodies)
    .map(
      ([name, body]) =>
        `.globl ${name}\n.type ${name}, @function\n${name}: ${body}\n.size ${name}, .-${name}\n`,
    )
    .join('');
}

/** `symbol check detail` of each finding, with the count when it is not 1. */
export function summary(findings: readonly Finding[]): string[] {
  return findings.map(({ symbol, check, detail, count }) =>
    [symbol, check, detail, count === 1 ? '' : `x${count}`].filter((part) => part !== '').join(' '),
  );
}
