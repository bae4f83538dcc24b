import { linkErrors, type Diagnostic } from '../errors/index.js';
import type { Resolution } from './resolve.js';

const WARNING_SECTION = '.gnu.warning.';

/**
 * UKL2017 for every `.gnu.warning.SYMBOL` whose symbol an object refers to: glibc says so that a static program's getaddrinfo() needs
 * shared libraries at run time. ld does not see the connection any more once symbols are prefixed.
 */
export function libraryWarnings(resolution: Resolution): Diagnostic[] {
  const texts = new Map<string, string>();
  for (const { elf } of resolution.objects) {
    for (const section of elf.sections) {
      if (!section.name.startsWith(WARNING_SECTION)) continue;
      const { contents } = section;
      const text = Buffer.from(contents.buffer, contents.byteOffset, contents.length).toString('utf8');
      texts.set(section.name.slice(WARNING_SECTION.length), text.replace(/\0+$/, ''));
    }
  }
  if (texts.size === 0) return [];
  const warnings: Diagnostic[] = [];
  for (const { elf } of resolution.objects) {
    const { symbols } = elf;
    if (symbols === undefined) continue;
    for (let i = symbols.firstGlobal; i < symbols.length; i++) {
      if (!symbols.isUndefined(i)) continue;
      const name = symbols.name(i);
      const text = texts.get(name);
      if (text !== undefined) warnings.push(linkErrors.libraryWarning(name, text, elf.origin));
    }
  }
  return warnings;
}
