import { UklError, linkErrors } from '../errors/index.js';
import { DF_1, DT, ET, PT, SHT, readDynamic, type ElfFile } from '../elf/index.js';

const GIVE_OBJECTS = 'give the objects it was linked from (gcc -c), and its libraries with -l';

/** Returns the file if it is a relocatable object. Throws UKL2008 for a program or shared library, UKL2009 for intermediate code alone. */
export function checkLinkable(elf: ElfFile): ElfFile {
  if (elf.header.type !== ET.REL) {
    throw new UklError(linkErrors.notAnObject(elf.origin, describeLinked(elf), GIVE_OBJECTS));
  }
  if (isSlimLto(elf)) throw new UklError(linkErrors.ltoObject(elf.origin));
  return elf;
}

/** What a file that a linker has already linked is, in words. */
export function describeLinked(elf: ElfFile): string {
  const dynamic = elf.segments.some((segment) => segment.type === PT.INTERP);
  if (elf.header.type === ET.EXEC) {
    return dynamic
      ? 'a dynamically linked program (ET_EXEC, not position-independent)'
      : 'a statically linked program at a fixed address (ET_EXEC, not position-independent)';
  }
  const tags = readDynamic(elf);
  const isPie = (tags?.find(DT.FLAGS_1) ?? 0n) & BigInt(DF_1.PIE);
  // libc.so.6 has an interpreter too, so as to print its version; linkers before 2018 did not set DF_1_PIE.
  if (tags?.find(DT.SONAME) !== undefined || (isPie === 0n && !dynamic)) return 'a shared library';
  return dynamic
    ? 'a dynamically linked program (position-independent)'
    : 'a finished static program (position-independent)';
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
