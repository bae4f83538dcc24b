import { finishProgram } from '../../../src/ld/index.js';
import { byteMutations } from '../mutations/bytes.js';
import { elfMutations } from '../mutations/elf.js';
import type { Subject } from '../subject.js';

/** Where make-seeds.sh links the program: the slot of the first kits. */
const BASE = 0xffffffff81c00000n;

/** What ld made of a program, before it goes into the slot (src/ld). */
export function programSubject(seeds: ReadonlyMap<string, Uint8Array>): Subject {
  return {
    name: 'linked programs',
    share: 1,
    seeds: new Map([['program', seeds.get('program') ?? new Uint8Array(0)]]),
    mutations: [...byteMutations, ...elfMutations],
    allowance: 1 << 20,
    exercise: (bytes, findings) => {
      findings.attempt(() => finishProgram(bytes, BASE));
    },
  };
}
