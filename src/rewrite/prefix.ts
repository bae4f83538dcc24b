import { STT, type ElfEdit } from '../elf/index.js';
import { PREFIX, isLinkerName } from '../ld/linker-symbols.js';

/**
 * Puts `ukl_` before every symbol of an object, local ones included. What keeps its name: names that ld knows (for global symbols; a local
 * one is of no concern to ld), and STT_FILE entries, which name source files and no symbol. Section symbols have no name of their own.
 *
 * Group signatures are names of symbols and change with them, in every object alike; sections keep their names, so `__start_NAME`
 * stays right. A version (`name@@VERSION`) is part of its symbol's name.
 */
export function prefixSymbols(edit: ElfEdit): void {
  const { symbols } = edit.elf;
  if (symbols === undefined) return;
  const { firstGlobal } = symbols;
  edit.symbols.prefixNames(PREFIX, (index) => {
    const type = symbols.type(index);
    if (type === STT.FILE) return false;
    return index < firstGlobal || !isLinkerName(symbols.name(index));
  });
}

/** The name that a global symbol has after prefixing. */
export function prefixedName(name: string): string {
  return name === '' || isLinkerName(name) ? name : PREFIX + name;
}
