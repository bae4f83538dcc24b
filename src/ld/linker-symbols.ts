/** Stands before every symbol of a program, so that none can be taken for one of the kernel's. */
export const PREFIX = 'ukl_';

/**
 * Names that GNU ld defines or looks for itself. They mean the same in every object and keep their names when a program's
 * symbols are prefixed. Source: bfd/elflink.c and bfd/elfxx-x86.c of binutils, and linker-scripts/program.ld.
 */
const LINKER_SYMBOLS: ReadonlySet<string> = new Set([
  '_GLOBAL_OFFSET_TABLE_',
  '_PROCEDURE_LINKAGE_TABLE_',
  '_DYNAMIC',
  '_TLS_MODULE_BASE_',
  '__GNU_EH_FRAME_HDR',
  '__ehdr_start',
  '__executable_start',
  '__rela_iplt_start',
  '__rela_iplt_end',
  '__preinit_array_start',
  '__preinit_array_end',
  '__init_array_start',
  '__init_array_end',
  '__fini_array_start',
  '__fini_array_end',
  '__tdata_start',
  '__etext',
  '_etext',
  '_edata',
  '__bss_start',
  '_end',
  // Defined by libc; ld checks the calls it relaxes for this very name.
  '__tls_get_addr',
  // Marks of link-time optimisation; ld refuses objects by them.
  '__gnu_lto_slim',
  '__gnu_lto_v1',
]);

/** Traditional names without a reserved spelling, which a program may well use for something of its own. */
const TRADITIONAL_SYMBOLS: ReadonlySet<string> = new Set(['etext', 'edata', 'end']);

/** ld defines `__start_SECTION` and `__stop_SECTION` for sections named like C identifiers, `.startof.` and `.sizeof.` for all. */
const SECTION_BOUND = /^(?:__start_|__stop_)([A-Za-z_]\w*)$/;
const SECTION_EXTENT = /^\.(?:startof|sizeof)\./;

/** Whether a global symbol keeps its name because ld knows it by this name. */
export function isLinkerName(name: string): boolean {
  // Nearly every name ends here: all of the special ones start with an underscore or a dot.
  const first = name.charCodeAt(0);
  if (first !== 0x5f && first !== 0x2e) return false;
  return LINKER_SYMBOLS.has(name) || SECTION_BOUND.test(name) || SECTION_EXTENT.test(name);
}

/**
 * Whether a symbol that no input defines is defined by ld or its script. `hasSection` says whether an input section of this
 * name takes part in the link.
 */
export function isDefinedByLinker(name: string, hasSection: (section: string) => boolean): boolean {
  const bound = SECTION_BOUND.exec(name);
  if (bound !== null) return hasSection(bound[1] ?? '');
  // A static program has no dynamic section. Calls of __tls_get_addr are all relaxed away in it.
  if (name === '_DYNAMIC' || name.startsWith('__gnu_lto_')) return false;
  return isLinkerName(name) || TRADITIONAL_SYMBOLS.has(name);
}
