import { identify, readArchive, readElf } from '../../../src/elf/index.js';
import { InputArchive, archiveFacts, archiveFile, formatArchiveFacts } from '../../../src/inputs/archive.js';
import { librariesOfScript } from '../../../src/inputs/linker-script.js';
import { checkLinkable } from '../../../src/inputs/linkable.js';
import { InputObject } from '../../../src/inputs/object.js';
import { relocationsOutOfReach } from '../../../src/inputs/reach.js';
import { Resolution } from '../../../src/inputs/resolve.js';
import { undefinedSymbols } from '../../../src/inputs/undefined.js';
import { expectSame, type Findings } from '../findings.js';
import { arMutations } from '../mutations/ar.js';
import { byteMutations } from '../mutations/bytes.js';
import { elfMutations } from '../mutations/elf.js';
import type { Subject } from '../subject.js';

const SCRIPT = Buffer.from(
  '/* GNU ld script */ OUTPUT_FORMAT(elf64-x86-64)\nGROUP ( /lib/libm-2.36.a -lmvec AS_NEEDED ( libz.so ) )\n',
);

/** Symbol resolution and the checks of a link's inputs (src/inputs), with the seed files. */
export function inputsSubject(seeds: ReadonlyMap<string, Uint8Array>): Subject {
  return {
    name: 'link inputs',
    share: 4,
    seeds: new Map([...seeds, ['script', SCRIPT]]),
    mutations: [...byteMutations, ...elfMutations, ...arMutations],
    allowance: 1 << 20,
    exercise: exerciseInputs,
  };
}

function exerciseInputs(bytes: Uint8Array, findings: Findings): void {
  const resolution = new Resolution();
  resolution.want('main');
  switch (identify(bytes)) {
    case 'elf':
      findings.attempt(() => {
        const elf = checkLinkable(readElf(bytes, { file: 'fuzz.o' }));
        resolution.addObject(new InputObject(() => elf));
      });
      break;
    case 'archive':
      findings.attempt(() => {
        addArchive(bytes, resolution);
      });
      break;
    // Neither is read any further.
    case 'thin-archive':
    case 'bitcode':
      break;
    case 'other':
      findings.attempt(() => librariesOfScript('fuzz.a', Buffer.from(bytes).toString('latin1')));
  }
  findings.attempt(() => undefinedSymbols(resolution));
  findings.attempt(() => relocationsOutOfReach(resolution));
}

/** Facts that are kept and read again must be those of the archive itself. */
function addArchive(bytes: Uint8Array, resolution: Resolution): void {
  const source = archiveFile('fuzz.a', readArchive(bytes, { file: 'fuzz.a' }));
  const text = formatArchiveFacts(source);
  const kept = archiveFacts(text, () => source);
  expectSame(kept.memberCount, source.memberCount, 'members');
  for (const [name, member] of source.definers) {
    expectSame(String(kept.definerOf(name)), String(member), `the definer of ${name}`);
    if (!source.definers.has(`${name}x`)) expectSame(String(kept.definerOf(`${name}x`)), 'undefined', name);
  }
  resolution.addWholeArchive(new InputArchive(kept));
}
