/** What an option does to a link into the slot; `none` and `refused` need no more than this table. */
export type LdEffect =
  | 'as-needed'
  | 'defsym'
  | 'dynamic'
  | 'emulation'
  | 'end-group'
  | 'ends'
  | 'entry'
  | 'folder'
  | 'format'
  | 'gc-sections'
  | 'library'
  | 'muldefs'
  | 'no-as-needed'
  | 'no-gc-sections'
  | 'no-print-gc-sections'
  | 'no-whole-archive'
  | 'none'
  | 'output'
  | 'pop-state'
  | 'print-gc-sections'
  | 'push-state'
  | 'refused'
  | 'relocatable'
  | 'require-defined'
  | 'rpath-or-symbols'
  | 'shared'
  | 'start-group'
  | 'static'
  | 'strip-all'
  | 'undefined'
  | 'unresolved'
  | 'whole-archive'
  | 'wrap'
  | 'z';

/** `next`: in the same word or the next one; `joined`: in the same word or not at all. */
export type LdValue = 'no' | 'next' | 'joined';

export interface LdOption {
  readonly effect: LdEffect;
  readonly value: LdValue;
  /** Why a refused option is refused. */
  readonly why?: string;
}

/** Names without their dashes; one letter is a short option. */
type Row = readonly [names: string, value: LdValue, effect: LdEffect, why?: string];

const LAYOUT = 'the slot and linker-scripts/program.ld say where everything lies';
const KERNEL_IS_ELF = 'the kernel holds x86-64 ELF files only';
const NOT_A_PROGRAM = 'what goes into the slot is a finished program';
const MUST_DEFINE = 'a program in the kernel must have all that it refers to';

/**
 * Every option of GNU ld 2.40, and what it means for a static program in the slot. Those without effect speak of dynamic linking, of the form of
 * ld's own output, of messages, or are the default; a test compares the table with `ld --help`.
 */
const ROWS: readonly Row[] = [
  // What is linked.
  ['l library', 'next', 'library'],
  ['L library-path', 'next', 'folder'],
  ['( start-group', 'no', 'start-group'],
  [') end-group', 'no', 'end-group'],
  ['whole-archive', 'no', 'whole-archive'],
  ['no-whole-archive', 'no', 'no-whole-archive'],
  ['push-state', 'no', 'push-state'],
  ['pop-state', 'no', 'pop-state'],
  ['as-needed', 'no', 'as-needed'],
  ['no-as-needed', 'no', 'no-as-needed'],
  ['Bstatic dn non_shared static', 'no', 'static'],
  ['Bdynamic dy call_shared', 'no', 'dynamic'],
  ['u undefined', 'next', 'undefined'],
  ['require-defined', 'next', 'require-defined'],
  ['b format', 'next', 'format'],
  ['R just-symbols', 'next', 'rpath-or-symbols'],

  // How symbols are resolved, what is kept.
  ['e entry', 'next', 'entry'],
  ['defsym', 'next', 'defsym'],
  ['wrap', 'next', 'wrap'],
  ['allow-multiple-definition', 'no', 'muldefs'],
  ['gc-sections', 'no', 'gc-sections'],
  ['no-gc-sections', 'no', 'no-gc-sections'],
  ['print-gc-sections', 'no', 'print-gc-sections'],
  ['no-print-gc-sections', 'no', 'no-print-gc-sections'],
  ['s strip-all', 'no', 'strip-all'],
  ['z', 'next', 'z'],
  ['unresolved-symbols', 'next', 'unresolved'],
  ['ignore-unresolved-symbol', 'next', 'refused', MUST_DEFINE],
  ['warn-unresolved-symbols noinhibit-exec', 'no', 'refused', MUST_DEFINE],
  ['error-unresolved-symbols no-undefined', 'no', 'none'],
  [
    'init fini',
    'next',
    'refused',
    'a static program has no dynamic section that would name it; use __attribute__((constructor))',
  ],
  ['no-define-common', 'no', 'refused', NOT_A_PROGRAM],
  ['retain-symbols-file', 'next', 'none'],

  // What kind of file, and its layout.
  ['o output', 'next', 'output'],
  ['r i relocatable', 'no', 'relocatable'],
  ['Ur', 'no', 'relocatable'],
  ['shared Bshareable', 'no', 'shared'],
  ['pie pic-executable no-pie', 'no', 'none'],
  ['m', 'next', 'emulation'],
  ['oformat', 'next', 'format'],
  ['T script default-script dT', 'next', 'refused', LAYOUT],
  ['c mri-script', 'next', 'refused', LAYOUT],
  [
    'section-start Tbss Tdata Ttext Ttext-segment Trodata-segment Tldata-segment image-base',
    'next',
    'refused',
    LAYOUT,
  ],
  ['EB', 'no', 'refused', KERNEL_IS_ELF],
  ['EL', 'no', 'none'],
  ['enable-non-contiguous-regions enable-non-contiguous-regions-warnings', 'no', 'none'],
  ['n nmagic N omagic no-omagic qmagic', 'no', 'none'],
  ['embedded-relocs', 'no', 'refused', NOT_A_PROGRAM],
  ['q emit-relocs', 'no', 'none'],
  ['d dc dp force-group-allocation', 'no', 'none'],
  ['unique split-by-file split-by-reloc sort-common', 'joined', 'none'],
  ['sort-section', 'next', 'none'],
  ['orphan-handling', 'next', 'none'],
  ['task-link', 'next', 'refused', NOT_A_PROGRAM],
  ['A architecture a G gpsize Y sysroot', 'next', 'none'],

  // Symbols for debuggers; the image has those of its program at most (docs/link.md, "Layout").
  [
    'S strip-debug x discard-all X discard-locals discard-none strip-discarded no-strip-discarded g',
    'no',
    'none',
  ],
  ['compress-debug-sections', 'next', 'none'],
  ['ctf-variables no-ctf-variables', 'no', 'none'],
  ['ctf-share-types', 'next', 'none'],

  // Dynamic linking.
  ['E export-dynamic no-export-dynamic no-dynamic-linker gc-keep-exported', 'no', 'none'],
  ['I dynamic-linker f auxiliary F filter h soname rpath rpath-link hash-size hash-style', 'next', 'none'],
  ['audit P depaudit exclude-libs spare-dynamic-tags assert out-implib', 'next', 'none'],
  ['version-script version-exports-section dynamic-list', 'next', 'none'],
  ['export-dynamic-symbol export-dynamic-symbol-list', 'next', 'none'],
  ['dynamic-list-data dynamic-list-cpp-new dynamic-list-cpp-typeinfo', 'no', 'none'],
  ['Bno-symbolic Bsymbolic Bsymbolic-functions Bgroup', 'no', 'none'],
  ['copy-dt-needed-entries no-copy-dt-needed-entries', 'no', 'none'],
  ['allow-shlib-undefined no-allow-shlib-undefined', 'no', 'none'],
  ['undefined-version no-undefined-version default-symver default-imported-symver', 'no', 'none'],
  ['enable-new-dtags disable-new-dtags', 'no', 'none'],
  ['eh-frame-hdr no-eh-frame-hdr ld-generated-unwind-info no-ld-generated-unwind-info', 'no', 'none'],
  ['build-id package-metadata', 'joined', 'none'],

  // Messages, and how ld works.
  ['M print-map print-memory-usage print-map-discarded no-print-map-discarded', 'no', 'none'],
  ['t trace cref stats w no-warnings no-demangle', 'no', 'none'],
  ['demangle verbose', 'joined', 'none'],
  ['dependency-file Map y trace-symbol error-handling-script max-cache-size', 'next', 'none'],
  ['fatal-warnings no-fatal-warnings no-warn-mismatch no-warn-search-mismatch', 'no', 'none'],
  ['warn-common warn-constructors warn-multiple-gp warn-once warn-section-align warn-textrel', 'no', 'none'],
  ['warn-alternate-em warn-execstack no-warn-execstack warn-rwx-segments no-warn-rwx-segments', 'no', 'none'],
  ['check-sections no-check-sections disable-multiple-abs-defs', 'no', 'none'],
  ['accept-unknown-input-arch no-accept-unknown-input-arch', 'no', 'none'],
  ['no-keep-memory reduce-memory-overheads traditional-format force-exe-suffix', 'no', 'none'],
  ['relax no-relax nostdlib map-whole-files no-map-whole-files Qy', 'no', 'none'],
  ['O flto', 'joined', 'none'],
  ['plugin plugin-opt flto-partition fuse-ld', 'next', 'none'],
  ['v V', 'no', 'none'],
  ['version help target-help print-output-format print-sysroot', 'no', 'ends'],

  // Of gold, lld and mold, in command lines recorded by the wrappers; and of gcc, in those by `pkg-config --static`.
  ['threads icf thread-count color-diagnostics shuffle-sections', 'joined', 'none'],
  ['error-limit pack-dyn-relocs repro reproduce time-trace-file why-extract', 'joined', 'none'],
  ['lto-partitions thinlto-cache-dir thinlto-cache-policy thinlto-jobs', 'joined', 'none'],
  ['mllvm symbol-ordering-file call-graph-ordering-file section-ordering-file', 'next', 'none'],
  ['no-threads no-icf no-color-diagnostics detect-odr-violations no-detect-odr-violations', 'no', 'none'],
  ['gdb-index no-gdb-index rosegment no-rosegment quick-exit no-quick-exit fork no-fork', 'no', 'none'],
  ['print-icf-sections no-print-icf-sections time-trace perf no-build-id', 'no', 'none'],
  ['pthread', 'no', 'none'],
];

/** What a keyword of -z does to a static program: nearly all speak of dynamic linking, or of marks and messages. */
export type ZEffect = 'muldefs' | 'execstack' | 'noexecstack' | 'refused' | 'none';

export function zEffect(keyword: string): ZEffect {
  switch (keyword) {
    case 'muldefs':
    case 'execstack':
    case 'noexecstack':
      return keyword;
    case 'undefs':
    case 'noreloc-overflow':
      return 'refused';
    default:
      return 'none';
  }
}

const OPTIONS: ReadonlyMap<string, LdOption> = new Map(
  ROWS.flatMap(([names, value, effect, why]) => {
    const option = { effect, value, ...(why === undefined ? {} : { why }) };
    return names.split(' ').map((name) => [name, option] as const);
  }),
);

/** A short option of one letter, or a long one, by its name without dashes. */
export function ldOption(name: string): LdOption | undefined {
  return OPTIONS.get(name);
}

/** The long option that an abbreviation means: there must be no other of which it is the beginning. */
export function abbreviatedLdOption(beginning: string): LdOption | undefined {
  const meant = [...OPTIONS].filter(([name]) => name.length > 1 && name.startsWith(beginning));
  return meant.length === 1 ? meant[0]?.[1] : undefined;
}
