import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ElfEdit, readElf, type ElfFile } from '../../../src/elf/index.js';
import { BYPASSED, GENERAL_ENTRY, entrySymbol } from '../../../src/options/index.js';
import type { SyscallMode, SyscallSite } from '../../../src/rewrite/index.js';
import { redirectSyscalls } from '../../../src/rewrite/sites/redirect.js';
import { compile, run, withDirectory } from '../elf/support/corpus.js';

/** An object before and after its sites were redirected, no name changed. */
export interface Redirected {
  readonly before: ElfFile;
  readonly after: ElfFile;
  readonly sites: readonly SyscallSite[];
}

export function redirect(object: Uint8Array, mode: SyscallMode = 'redirect'): Redirected {
  const before = readElf(object);
  const edit = new ElfEdit(before);
  const sites = redirectSyscalls(edit, mode);
  return { before, after: readElf(edit.write()), sites };
}

export const assemble = (source: string): Uint8Array => compile(source, '-x', 'assembler');

/** A function of assembler with unwind tables. */
export const asFunction = (body: string, name = 'f'): string =>
  `.globl ${name}\n.type ${name},@function\n${name}:\n.cfi_startproc\n${body}\n.cfi_endproc\n.size ${name}, .-${name}\n`;

/** Each site of assembler source as `name or number: state or reason`. */
export function outcomes(source: string): string[] {
  return redirect(assemble(source)).sites.map(
    ({ number, reason }) => `${number ?? '?'}: ${reason ?? 'redirected'}`,
  );
}

const ENTRIES = [GENERAL_ENTRY, ...[...BYPASSED].map(entrySymbol)];

/** What stands in for the kernel in ring 3: the site's own instruction, as if the jump had been undone on arrival. */
const ENTRY = `
${ENTRIES.map((name) => `.globl ${name}\n${name}:`).join('\n')}
  lea -2(%rcx), %rcx
  jmp *%rcx
.section .note.GNU-stack,"",@progbits
`;

/** Links objects with that and runs the program; returns what it prints. Throws when it fails. */
export function runInRing3(objects: readonly Uint8Array[], ...flags: string[]): string {
  return withDirectory((directory) => {
    const paths = [assemble(ENTRY), ...objects].map((bytes, i) => {
      const path = join(directory, `${i}.o`);
      writeFileSync(path, bytes);
      return path;
    });
    const program = join(directory, 'program');
    run('g++', ['-static', ...flags, ...paths, '-o', program]);
    return run(program, []);
  });
}
