import { ET, identify, readElf, verifyElf } from '../../../src/elf/index.js';
import { diagnosticOf, findingsOf } from '../../../src/checks/index.js';
import type { Findings } from '../findings.js';
import { byteMutations } from '../mutations/bytes.js';
import { elfMutations } from '../mutations/elf.js';
import type { Subject } from '../subject.js';

/** The checks of objects (src/checks) with the seeds that are objects. */
export function checksSubject(seeds: ReadonlyMap<string, Uint8Array>): Subject {
  const objects = [...seeds].filter(([, bytes]) => identify(bytes) === 'elf');
  return {
    name: 'checks',
    share: 4,
    seeds: new Map(objects.filter(([, bytes]) => readElf(bytes).header.type === ET.REL)),
    mutations: [...byteMutations, ...elfMutations],
    allowance: 1 << 20,
    exercise: exerciseChecks,
  };
}

/** Every finding must be one of the catalogue, and its place lie in the object, if the object's own places do. */
function exerciseChecks(bytes: Uint8Array, findings: Findings): void {
  const elf = findings.attempt(() => readElf(bytes, { file: 'fuzz.o' }));
  if (elf === undefined) return;
  const isSound = verifyElf(elf).length === 0;
  for (const finding of findings.attempt(() => findingsOf(elf)) ?? []) {
    const { code, hint } = diagnosticOf(finding, elf.origin);
    if (!/^UKL21\d\d$/.test(code) || hint === undefined) throw new Error(`not catalogued: ${finding.check}`);
    const { size } = elf.section(finding.sectionIndex);
    if (isSound && finding.offset > size)
      throw new Error(`${finding.check} at ${finding.offset} of ${size} bytes`);
  }
}
