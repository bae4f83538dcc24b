import type { PassTimer } from '../host/index.js';
import type { SlotInfo } from '../image/index.js';
import type { Executable } from '../inputs/index.js';
import { layOutStaticPie } from '../ld/index.js';
import type { LinkedProgramResult } from './program.js';

/** A finished executable and where it goes. */
export interface ExecutableJob {
  readonly executable: Executable;
  readonly slot: Pick<SlotInfo, 'vaddr' | 'size'>;
  /** Whether to say where its system call sites are. */
  readonly withSites: boolean;
}

/**
 * The one pass between a finished static-PIE executable and a program that fits the slot: there is nothing to rewrite and nothing to link. Its system call
 * sites stay as they are, for what a linker has put together says no longer what may be moved. Throws UKL3001, UKL2041, UKL2042.
 */
export async function linkExecutable(
  { executable: { path, elf, stripAll }, slot, withSites }: ExecutableJob,
  timer: PassTimer,
): Promise<LinkedProgramResult> {
  const program = await timer.run(
    'layout',
    () => layOutStaticPie(elf, slot.size, stripAll),
    ({ elf: { length } }) => length,
  );
  const syscalls = !withSites
    ? undefined
    : await timer.run(
        'system call sites',
        async () => {
          const { executableSites } = await import('../report/index.js');
          return executableSites(elf, path, slot.vaddr);
        },
        () => elf.bytes.length,
      );
  return { program, warnings: [], syscalls, debug: elf.bytes };
}
