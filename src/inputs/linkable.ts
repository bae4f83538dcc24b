import { UklError, linkErrors, type Place } from '../errors/index.js';
import { DF_1, DT, ET, PT, SHT, identify, readDynamic, readElf, type ElfFile } from '../elf/index.js';

const GIVE_OBJECTS = 'give the objects it was linked from (gcc -c), and its libraries with -l';

const MAKE_STATIC = `build it with ukl-gcc in gcc’s place (if it was, its link went to a linker by path, by -B or by mold -run, which keeps no record: -fuse-ld=NAME does), or link it with -static-pie; or ${GIVE_OBJECTS}`;

/** What a file that a linker has already linked is. Only a static PIE can go into the slot as it is. */
export type LinkedKind = 'static PIE' | 'dynamic PIE' | 'dynamic' | 'static' | 'shared library';

/** For each kind what to give instead of it. */
const INSTEAD: Readonly<Record<LinkedKind, string>> = {
  'static PIE': GIVE_OBJECTS,
  'dynamic PIE': MAKE_STATIC,
  dynamic: MAKE_STATIC,
  static: `link it with -static-pie instead of -static; or ${GIVE_OBJECTS}`,
  'shared library': 'give the library as an archive (.a), or the objects it was linked from',
};

const DESCRIPTIONS: Readonly<Record<LinkedKind, string>> = {
  'static PIE': 'a finished static program (position-independent)',
  'dynamic PIE': 'a dynamically linked program (position-independent)',
  dynamic: 'a dynamically linked program (ET_EXEC, not position-independent)',
  static: 'a statically linked program at a fixed address (ET_EXEC, not position-independent)',
  'shared library': 'a shared library',
};

/**
 * Returns the file if it is a relocatable object. Throws UKL2008 for a program or shared library, UKL2040 for a program that would do if it were alone,
 * UKL2009 for intermediate code alone.
 */
export function checkLinkable(elf: ElfFile): ElfFile {
  if (elf.header.type !== ET.REL) {
    const kind = kindOfLinked(elf);
    throw new UklError(
      kind === 'static PIE'
        ? linkErrors.executableNotAlone(elf.origin)
        : linkErrors.notAnObject(elf.origin, DESCRIPTIONS[kind], INSTEAD[kind]),
    );
  }
  if (isSlimLto(elf)) throw new UklError(linkErrors.ltoObject(elf.origin));
  return elf;
}

/** Reads what should be a relocatable object. Throws what `readElf` and `checkLinkable` throw, UKL2009 for clang's intermediate code. */
export function readLinkable(bytes: Uint8Array, origin: Place): ElfFile {
  if (identify(bytes) === 'bitcode') throw new UklError(linkErrors.ltoObject(origin));
  return checkLinkable(readElf(bytes, origin));
}

/** The same in words. */
export function describeLinked(elf: ElfFile): string {
  return DESCRIPTIONS[kindOfLinked(elf)];
}

/** What a file of type ET_EXEC or ET_DYN is. */
export function kindOfLinked(elf: ElfFile): LinkedKind {
  const interpreted = elf.segments.some((segment) => segment.type === PT.INTERP);
  if (elf.header.type === ET.EXEC) return interpreted ? 'dynamic' : 'static';
  const tags = readDynamic(elf);
  const isPie = (tags?.find(DT.FLAGS_1) ?? 0n) & BigInt(DF_1.PIE);
  // libc.so.6 has an interpreter too, so as to print its version; linkers before 2018 did not set DF_1_PIE.
  if (tags?.find(DT.SONAME) !== undefined || (isPie === 0n && !interpreted)) return 'shared library';
  return interpreted || tags?.find(DT.NEEDED) !== undefined ? 'dynamic PIE' : 'static PIE';
}

/** gcc marks an object without machine code by a common symbol `__gnu_lto_slim`. */
function isSlimLto(elf: ElfFile): boolean {
  const { symbols } = elf;
  if (
    symbols === undefined ||
    !elf.sections.some((s) => s.type === SHT.PROGBITS && s.name.startsWith('.gnu.lto_'))
  ) {
    return false;
  }
  for (let i = symbols.firstGlobal; i < symbols.length; i++) {
    if (symbols.name(i) === '__gnu_lto_slim') return true;
  }
  return false;
}
