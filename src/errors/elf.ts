import { errorDiagnostic, type Diagnostic, type Place } from './diagnostic.js';

const hex = (n: number | bigint): string => `0x${n.toString(16)}`;

const DAMAGED = 'the file is damaged or was cut short: build it or copy it again';
const TOOL_BUG =
  'the tool that made this file wrote it wrongly; build it again, with another tool if it stays so';

const error = errorDiagnostic;

/** UKL1xxx: input files that are not what they should be. UKL104x: edits that such a file cannot take. */
export const elfErrors = {
  notElf: (place: Place): Diagnostic =>
    error('UKL1001', 'not an ELF file or ar archive', place, 'give an object (.o) or an archive (.a)'),

  elfClass32: (place: Place): Diagnostic =>
    error('UKL1002', 'a 32-bit ELF file (ELFCLASS32)', place, 'compile for x86-64: without -m32 and -mx32'),

  bigEndian: (place: Place): Diagnostic =>
    error('UKL1003', 'a big-endian ELF file (ELFDATA2MSB)', place, 'compile for x86-64'),

  otherMachine: (place: Place, machine: string): Diagnostic =>
    error('UKL1004', `made for another machine: ${machine}, not EM_X86_64`, place, 'compile for x86-64'),

  /** `need` bytes of `what` were expected at `offset` of the file; `have` are there. */
  truncated: (place: Place, what: string, offset: number, need: number, have: number): Diagnostic =>
    error(
      'UKL1005',
      `truncated: ${what} at ${hex(offset)} needs ${need} bytes, ${have} are there`,
      { ...place, offset },
      DAMAGED,
    ),

  unsupportedType: (place: Place, type: string): Diagnostic =>
    error(
      'UKL1006',
      `ELF type ${type}, not ET_REL, ET_EXEC or ET_DYN`,
      place,
      'give an object, a program or a library',
    ),

  badHeader: (place: Place, field: string, found: number, expected: string): Diagnostic =>
    error('UKL1007', `${field} is ${found}, expected ${expected}`, place, DAMAGED),

  badSectionIndex: (place: Place, what: string, index: number, count: number): Diagnostic =>
    error('UKL1008', `${what} names section ${index}, but there are only ${count}`, place, DAMAGED),

  badSectionLink: (
    place: Place,
    field: 'sh_link' | 'sh_info' | 'e_shstrndx',
    found: string,
    expected: string,
  ): Diagnostic => error('UKL1009', `${field} is ${found}, expected ${expected}`, place, TOOL_BUG),

  badStringOffset: (place: Place, offset: number, size: number): Diagnostic =>
    error(
      'UKL1010',
      `no string at offset ${hex(offset)} of a string table of ${size} bytes`,
      { ...place, offset },
      DAMAGED,
    ),

  badEntrySize: (place: Place, what: string, found: number, expected: number): Diagnostic =>
    error('UKL1011', `${what} is ${found}, expected ${expected} or a multiple of it`, place, TOOL_BUG),

  badSymbolIndex: (place: Place, what: string, index: number, count: number): Diagnostic =>
    error('UKL1012', `${what} names symbol ${index}, but there are only ${count}`, place, DAMAGED),

  badRelocationIndex: (place: Place, index: number, count: number): Diagnostic =>
    error('UKL1013', `no relocation ${index}, there are only ${count}`, place, DAMAGED),

  badRelocationOffset: (place: Place, offset: bigint, size: number): Diagnostic =>
    error(
      'UKL1014',
      `relocation at ${hex(offset)} lies outside of its section of ${size} bytes`,
      place,
      DAMAGED,
    ),

  unknownRelocation: (place: Place, type: number): Diagnostic =>
    error(
      'UKL1015',
      `relocation type ${type} is not one of x86-64`,
      place,
      'the object needs a newer ukl-link, or is damaged',
    ),

  badAlignment: (place: Place, align: number): Diagnostic =>
    error('UKL1016', `alignment ${align} is not a power of two`, place, DAMAGED),

  valueTooLarge: (place: Place, what: string, value: bigint): Diagnostic =>
    error('UKL1017', `${what} is ${hex(value)}, which no file can hold`, place, DAMAGED),

  badGroup: (place: Place, why: string): Diagnostic =>
    error('UKL1018', `section group: ${why}`, place, TOOL_BUG),

  badNote: (place: Place, offset: number, why: string): Diagnostic =>
    error('UKL1019', `note: ${why}`, { ...place, offset }, DAMAGED),

  badVersions: (place: Place, offset: number, why: string): Diagnostic =>
    error('UKL1020', `symbol versions: ${why}`, { ...place, offset }, DAMAGED),

  duplicateTable: (place: Place, what: string): Diagnostic =>
    error('UKL1021', `more than one ${what}`, place, TOOL_BUG),

  compressionUnsupported: (place: Place, type: string): Diagnostic =>
    error(
      'UKL1022',
      `section is compressed with ${type}, which cannot be unpacked here`,
      place,
      'unpack it first: objcopy --decompress-debug-sections FILE',
    ),

  badCompression: (place: Place, why: string): Diagnostic =>
    error('UKL1023', `compressed section: ${why}`, place, DAMAGED),

  badDynamic: (place: Place, why: string): Diagnostic =>
    error('UKL1024', `dynamic section: ${why}`, place, DAMAGED),

  badMergedStrings: (place: Place, offset: number, why: string): Diagnostic =>
    error('UKL1025', `mergeable strings: ${why}`, { ...place, offset }, DAMAGED),

  badSegmentIndex: (place: Place, index: number, count: number): Diagnostic =>
    error('UKL1026', `no program header ${index}, there are only ${count}`, place, DAMAGED),

  badUnwindTable: (place: Place, why: string): Diagnostic =>
    error('UKL1027', `unwind table: ${why}`, place, TOOL_BUG),

  badArchiveHeader: (place: Place, offset: number, why: string): Diagnostic =>
    error('UKL1030', `ar header: ${why}`, { ...place, offset }, DAMAGED),

  badArchiveName: (place: Place, offset: number, why: string): Diagnostic =>
    error('UKL1031', `ar member name: ${why}`, { ...place, offset }, DAMAGED),

  badArchiveIndex: (place: Place, why: string): Diagnostic =>
    error('UKL1032', `ar symbol index: ${why}`, place, 'make the index again: ranlib FILE'),

  thinMember: (place: Place): Diagnostic =>
    error(
      'UKL1033',
      'this member of a thin archive lies in a file of its own',
      place,
      'read that file, or make a normal archive: ar rc NEW.a MEMBERS',
    ),

  thinMemberAbsent: (place: Place, path: string): Diagnostic =>
    error(
      'UKL1035',
      `the archive is thin, and the file of its member is not there: ${path}`,
      place,
      'build that file again, or make a normal archive: ar rc NEW.a MEMBERS',
    ),

  archiveUnwritable: (place: Place, why: string): Diagnostic =>
    error(
      'UKL1034',
      `this archive cannot be written: ${why}`,
      place,
      'split the archive, or rename the member',
    ),

  sectionFixed: (place: Place, why: string): Diagnostic =>
    error(
      'UKL1040',
      `section cannot be changed in this way: ${why}`,
      place,
      'edit the object it was linked from instead',
    ),

  tooManyBytes: (place: Place, what: string, size: number, limit: number): Diagnostic =>
    error(
      'UKL1041',
      `${what} would need ${size} bytes, the format allows ${limit}`,
      place,
      'split the input',
    ),

  badEdit: (place: Place, why: string): Diagnostic =>
    error('UKL1042', `edit refused: ${why}`, place, 'this is a mistake of the calling program'),
};
