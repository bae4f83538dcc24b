import type { ElfFile } from '../elf/index.js';
import type { RecordedInput } from '../record/format.js';
import { linkArchive, readLinkRecord } from '../record/read.js';
import type { LinkReport } from './report.js';

/** What an executable of the wrappers says of its link; undefined for any other. Throws UKL1xxx, UKL2032, UKL2033. */
export function linkReport(elf: ElfFile): LinkReport | undefined {
  const archive = linkArchive(elf);
  if (archive === undefined) return undefined;
  const { tool, linker, folder, inputs, needed, incomplete } = readLinkRecord(archive);
  const all = [...inputs, ...needed].flatMap(flat);
  return {
    tool,
    linker,
    folder,
    inputs: all.flatMap((input) => (input.kind === 'own' ? { path: input.path, size: input.size } : [])),
    libraries: all.flatMap((input) => (input.kind === 'system' ? input.name : [])),
    shared: all.flatMap((input) => (input.kind === 'shared' ? input.path : [])),
    ...(incomplete === undefined ? {} : { incomplete }),
  };
}

function flat(input: RecordedInput): RecordedInput[] {
  return input.kind === 'script' ? input.inputs.flatMap(flat) : [input];
}
