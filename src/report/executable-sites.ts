import { functionsOf, isCode, type FunctionRange } from '../checks/index.js';
import type { ElfFile, Section } from '../elf/index.js';
import { forEachInstruction, iced } from '../x86/index.js';
import type { LinkedSite, SyscallReport } from './syscall-sites.js';

const SYSCALL = Buffer.from([0x0f, 0x05]);

/**
 * The system call sites of a finished executable: all native. What lies between functions, or is not named at all, is decoded as well.
 *
 * @param base - link address at which the executable's address 0 will be
 */
export function executableSites(elf: ElfFile, path: string, base: bigint): SyscallReport {
  const functions = new Map([...functionsOf(elf)].map((code) => [code.section, code.functions]));
  const sites: LinkedSite[] = [];
  for (const section of elf.sections.filter(isCode)) {
    if (!Buffer.from(section.contents).includes(SYSCALL)) continue;
    for (const { name, start, end } of pieces(section, functions.get(section) ?? [])) {
      forEachInstruction(section.contents.subarray(start, end), ({ code }, at) => {
        if (code !== iced().Code.Syscall) return;
        const offset = start + at;
        sites.push({
          ...{ file: path, section: section.name, offset },
          ...(name === '' ? {} : { function: name }),
          address: `0x${(base + section.address + BigInt(offset)).toString(16)}`,
          ...{ state: 'native', reason: 'executable' },
        });
      });
    }
  }
  return { total: sites.length, redirected: 0, sites };
}

/** A section's functions, and what is between them under no name. */
function* pieces(
  { size }: Section,
  functions: readonly FunctionRange[],
): IterableIterator<Pick<FunctionRange, 'name' | 'start' | 'end'>> {
  let covered = 0;
  for (const one of functions) {
    if (one.start > covered) yield { name: '', start: covered, end: one.start };
    yield one;
    covered = one.end;
  }
  if (covered < size) yield { name: '', start: covered, end: size };
}
