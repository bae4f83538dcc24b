import { errorDiagnostic, type Diagnostic, type Place } from './diagnostic.js';

const error = errorDiagnostic;

/** One place that refers to a symbol. */
export interface Reference extends Place {
  /** Function the reference lies in, when it lies in one. */
  readonly function?: string;
}

/** References listed per undefined symbol; a symbol that a whole program lacks may have thousands. */
const LISTED_REFERENCES = 8;

const PIC_FLAGS = 'with gcc -c as it comes (-fPIE), or with -mcmodel=kernel -fno-pic -mno-red-zone';

/** `file(member)`, as ld and nm write it. */
export function placeName(place: Place): string {
  return place.member === undefined ? (place.file ?? '?') : `${place.file ?? '?'}(${place.member})`;
}

function describeReference({ section, offset, function: name, ...place }: Reference): string {
  const where = name === undefined ? section : `${name} (${section})`;
  const at = offset === undefined ? '' : `+0x${offset.toString(16)}`;
  return `${placeName(place)}: ${where}${at}`;
}

/** What follows from a warning of glibc's, which was written before sources of names were part of libc.a. */
function adviceOn(symbol: string, text: string): string {
  if (!text.includes('requires at runtime the shared libraries'))
    return 'it is the library author’s advice, for every program that uses it';
  if (/^dlm?open$/.test(symbol))
    return 'leave it if the program never gets there, or put what it loads, and libc.so.6, into the root file system';
  return 'leave it: since glibc 2.34 that is so only for sources in /etc/nsswitch.conf other than files and dns; hosts, users and services are found without';
}

/** UKL2xxx: the inputs of a link and what goes wrong between them. */
export const linkErrors = {
  noInput: (): Diagnostic =>
    error('UKL2001', 'no input: nothing to link', {}, 'give at least one object (.o) or archive (.a)'),

  unknownOption: (option: string): Diagnostic =>
    error(
      'UKL2002',
      `unknown linker option ${option}`,
      {},
      'known: files, ukl-link’s own options, and all of GNU ld’s, with -Wl, in front or without',
    ),

  optionNeedsValue: (option: string): Diagnostic =>
    error('UKL2003', `${option} stands without its value`, {}, 'write the value behind the option'),

  groupNotClosed: (): Diagnostic =>
    error('UKL2004', '--start-group without its --end-group', {}, 'close the group'),

  groupNotOpen: (): Diagnostic =>
    error('UKL2005', '--end-group without its --start-group', {}, 'open the group first; groups do not nest'),

  /** `tried` are the paths that were looked at, in order. */
  libraryNotFound: (name: string, tried: readonly string[]): Diagnostic =>
    error(
      'UKL2006',
      `no static library -l${name}; looked for:${tried.map((path) => `\n  ${path}`).join('')}`,
      {},
      'give its folder with -L, or install its -dev package',
    ),

  libraryOnlyShared: (name: string, shared: string, tried: readonly string[]): Diagnostic =>
    error(
      'UKL2007',
      `-l${name} is here only as a shared library; looked for:${tried.map((path) => `\n  ${path}`).join('')}`,
      { file: shared },
      'a program in the kernel is linked statically: build or install the library as an archive (.a)',
    ),

  /** `what` says what the file is, `instead` what to give. */
  notAnObject: (place: Place, what: string, instead: string): Diagnostic =>
    error('UKL2008', `${what} cannot be linked into the kernel`, place, instead),

  ltoObject: (place: Place): Diagnostic =>
    error(
      'UKL2009',
      'the object holds only intermediate code for link-time optimisation (-flto)',
      place,
      'compile it without -flto, or with gcc’s -ffat-lto-objects; or link the program with ukl-gcc and give that',
    ),

  badLinkerScript: (place: Place, found: string): Diagnostic =>
    error(
      'UKL2010',
      `a linker script that is more than a list of libraries: ${found}`,
      place,
      'give the objects and archives themselves',
    ),

  undefinedSymbol: (name: string, references: readonly Reference[]): Diagnostic => {
    const listed = references.slice(0, LISTED_REFERENCES).map((r) => `\n  ${describeReference(r)}`);
    const more = references.length - listed.length;
    const first = references[0];
    return error(
      'UKL2011',
      `undefined symbol ${name}, referred to by:${listed.join('')}${more > 0 ? `\n  and ${more} more` : ''}`,
      { ...(first?.file === undefined ? {} : { file: first.file }), symbol: name },
      name === 'main'
        ? 'the program needs a function main: give the object that has it'
        : 'give the object or library that defines it, behind those that refer to it',
    );
  },

  duplicateSymbol: (name: string, first: Place, second: Place): Diagnostic =>
    error(
      'UKL2012',
      `symbol ${name} is defined twice: in ${placeName(first)} and in ${placeName(second)}`,
      { ...second, symbol: name },
      'keep one definition, make one static, or leave one of the files out',
    ),

  /** `count` relocations of this type in this section; the place is the first of them. */
  relocationOutOfReach: (type: string, place: Place, count: number): Diagnostic =>
    error(
      'UKL2013',
      `${type} cannot hold an address of the kernel's half` +
        (count > 1 ? ` (${count} such relocations in this section, this is the first)` : ''),
      place,
      `compile it again ${PIC_FLAGS}`,
    ),

  /** ld failed for a reason this tool does not foresee. `text` is what ld said. */
  ldFailed: (status: string, text: string): Diagnostic =>
    error(
      'UKL2014',
      `ld ended with ${status}${text === '' ? '' : `:\n${text}`}`,
      {},
      'the lines above are those of GNU ld; mend what they name',
    ),

  unexpectedRelocation: (type: string, place: Place): Diagnostic =>
    error(
      'UKL2015',
      `${type} is left in the linked program, and no rule says how KASLR moves it`,
      place,
      'compile this input again without the option that makes such relocations (-mcmodel=large, for example)',
    ),

  /** What ld wrote is not what linker-scripts/program.ld lays out. */
  unexpectedLayout: (why: string): Diagnostic =>
    error(
      'UKL2016',
      `the linked program has an unexpected layout: ${why}`,
      {},
      'this is a fault of ukl-link: please report it together with the input',
    ),

  /** The text is the library author's own (.gnu.warning.SYMBOL). */
  libraryWarning: (
    symbol: string,
    text: string,
    place: Place,
    advice = adviceOn(symbol, text),
  ): Diagnostic => ({
    ...error(
      'UKL2017',
      `${symbol}: ${text}`,
      { ...place, symbol },
      `${advice}; --no-warn=UKL2017 leaves this warning out`,
    ),
    severity: 'warning',
  }),

  outputIsInput: (file: string): Diagnostic =>
    error(
      'UKL2018',
      'the output would replace one of the inputs, or another output',
      { file },
      'give the output another name; inputs are never changed',
    ),

  badVariable: (text: string): Diagnostic =>
    error('UKL2020', `--env: '${text}' is not NAME=value`, {}, 'write the name, =, and the value'),

  kernelName: (name: string, place: Place): Diagnostic =>
    error(
      'UKL2021',
      `symbol ${name} is the kernel's: redirected system calls go there`,
      { ...place, symbol: name },
      'give the program’s own symbol another name, or make it static',
    ),

  optionRefused: (option: string, why: string): Diagnostic =>
    error(
      'UKL2030',
      `ld's option ${option} has no meaning for a program in the kernel: ${why}`,
      {},
      'link without it; docs/link.md says what each option of ld does here',
    ),

  badDefinition: (option: string, value: string): Diagnostic =>
    error(
      'UKL2031',
      `${option} ${value}: not SYMBOL=EXPRESSION`,
      {},
      'write the symbol, =, and an expression',
    ),

  newerRecord: (place: Place, format: number, known: number): Diagnostic =>
    error(
      'UKL2032',
      `the record of its link has format ${format}, this ukl-link knows ${known} at most`,
      place,
      'take the ukl-link whose ukl-gcc linked the program, or a newer one',
    ),

  badRecord: (place: Place, why: string): Diagnostic =>
    error(
      'UKL2033',
      `the record of its link is damaged: ${why}`,
      place,
      'link the program again with ukl-gcc',
    ),

  incompleteRecord: (place: Place, why: string): Diagnostic =>
    error(
      'UKL2034',
      `the record of its link is not complete: ${why}`,
      place,
      'mend what it says and link the program again with ukl-gcc',
    ),

  /** `name` is what stood behind -l. */
  systemLibraryShared: (name: string, place: Place): Diagnostic =>
    error(
      'UKL2035',
      `it was linked with the shared library -l${name}, of which this machine has no archive (lib${name}.a)`,
      place,
      `install the archive if its -dev package has one; or build the program without it (./configure --without-${name}, or what its build calls that)`,
    ),

  ownLibraryShared: (library: string, place: Place): Diagnostic =>
    error(
      'UKL2036',
      `it was linked with the shared library ${library} of its own build, which has no archive beside it`,
      place,
      'build the library as an archive: ./configure --enable-static, cmake -DBUILD_SHARED_LIBS=OFF, meson -Ddefault_library=static',
    ),

  /** `start` is that library's crt1.o. */
  otherLibc: (start: string, place: Place): Diagnostic =>
    error(
      'UKL2037',
      `it was linked with another C library than this machine's own (${start})`,
      place,
      'link it with gcc -static-pie for that library, and give the finished executable',
    ),

  executableNotAlone: (place: Place): Diagnostic =>
    error(
      'UKL2040',
      'a finished static program (position-independent) is a whole program: nothing can be linked to it',
      place,
      'give it alone, or the objects it was linked from (gcc -c)',
    ),

  /** A static PIE that cannot lie in the slot as it is. */
  executableLayout: (place: Place, why: string): Diagnostic =>
    error(
      'UKL2041',
      `the program cannot lie in the kernel’s slot: ${why}`,
      place,
      'link it with ld’s own script and -z max-page-size=4096, or give the objects it was linked from (gcc -c)',
    ),

  noSpareHeader: (place: Place): Diagnostic =>
    error(
      'UKL2042',
      'the program has no program header that it can do without, and the kernel needs one (PT_UKL_INITRAMFS)',
      place,
      'link it with -Wl,--build-id, which makes a PT_NOTE',
    ),

  /** `linker` is the name of the one that has made the executable. */
  otherLinkersOption: (option: string, linker: string, place: Place): Diagnostic => ({
    ...error(
      'UKL2045',
      `${linker} linked it with ${option}, which GNU ld does not have: it has no effect on the image`,
      place,
      'leave it if the option is about speed, size or messages; otherwise link with -fuse-ld=bfd and find another way',
    ),
    severity: 'warning',
  }),

  /** An option that works by where redirected system calls go, and there are none. `why` is what says so. */
  optionNeedsRedirection: (option: string, why: string): Diagnostic =>
    error(
      'UKL2048',
      `--enable-${option} has nothing to work on: ${why}`,
      {},
      `leave --enable-${option} out, or give objects and let their system calls be redirected`,
    ),

  ldWarning: (text: string): Diagnostic => ({
    ...error('UKL2019', `ld warns:\n${text}`, {}, 'the lines above are those of GNU ld'),
    severity: 'warning',
  }),
};
