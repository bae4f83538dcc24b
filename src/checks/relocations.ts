import { R_X86_64, relocationTypeName, type ElfFile } from '../elf/index.js';
import type { Findings } from './finding.js';

/** Types that only a dynamic linker applies (psABI, table 4.9); an assembler writes them when it is told to by `.reloc` alone. */
const DYNAMIC: ReadonlySet<number> = new Set([
  R_X86_64.COPY,
  R_X86_64.GLOB_DAT,
  R_X86_64.JUMP_SLOT,
  R_X86_64.RELATIVE,
  R_X86_64.RELATIVE64,
  R_X86_64.IRELATIVE,
  R_X86_64.DTPMOD64,
  R_X86_64.TLSDESC,
]);

/** The first relocation of an access by one of the dynamic models (psABI, section 4.6). */
const TLS_MODELS: ReadonlyMap<number, string> = new Map([
  [R_X86_64.TLSGD, 'general-dynamic'],
  [R_X86_64.TLSLD, 'local-dynamic'],
  [R_X86_64.GOTPC32_TLSDESC, 'TLS-descriptor'],
]);

/** Looks at the relocations of what is loaded: those of the dynamic linker, and how thread-local variables are accessed. */
export function checkRelocations(elf: ElfFile, findings: Findings): void {
  for (const table of elf.relocationTables()) {
    const target = elf.section(table.targetIndex);
    if (!target.isAllocated) continue;
    for (let i = 0; i < table.length; i++) {
      const type = table.type(i);
      const model = TLS_MODELS.get(type);
      if (model !== undefined) findings.add('dynamicTls', target, table.offset(i), '', model);
      else if (DYNAMIC.has(type)) {
        findings.add('dynamicRelocation', target, table.offset(i), '', relocationTypeName(type));
      }
    }
  }
}
