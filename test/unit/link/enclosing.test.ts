import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ElfEdit, SHF, SHT, STB, STT, emptyObject, readElf, type ElfFile } from '../../../src/elf/index.js';
import { functionAt } from '../../../src/inputs/enclosing.js';

interface Range {
  readonly start: number;
  readonly size: number;
}

/** An object with a section of 100 bytes and these functions in it, f0, f1 … */
function objectWith(functions: readonly Range[]): ElfFile {
  const edit = new ElfEdit(emptyObject());
  const flags = SHF.ALLOC | SHF.EXECINSTR;
  const text = edit.addSection({ name: '.text', type: SHT.PROGBITS, flags, contents: new Uint8Array(100) });
  functions.forEach(({ start, size }, i) => {
    const symbol = { name: `f${i}`, binding: STB.LOCAL, type: STT.FUNC, section: text.index };
    edit.symbols.add({ ...symbol, value: start, size });
  });
  return readElf(edit.write());
}

/** The one that starts last, of those the one that ends first, of those the first in the table; by looking at all. */
function innermost(functions: readonly Range[], offset: number): string | undefined {
  const covering = functions
    .map((f, i) => ({ ...f, i }))
    .filter(({ start, size }) => offset >= start && offset < start + size)
    .sort((a, b) => b.start - a.start || a.size - b.size || a.i - b.i);
  return covering[0] === undefined ? undefined : `f${covering[0].i}`;
}

describe('the function at an offset', () => {
  it('is the innermost one, as looking at all of them says', () => {
    // Functions lie in one another or beside one another, as code has it: halves of halves.
    const halves = fc.array(fc.boolean(), { maxLength: 4 }).map((path) => {
      let [start, size] = [0, 96];
      for (const upper of path) {
        size /= 2;
        if (upper) start += size;
      }
      return { start, size };
    });
    fc.assert(
      fc.property(fc.array(halves, { maxLength: 8 }), (functions) => {
        const elf = objectWith(functions);
        const section = elf.sectionNamed('.text')?.index ?? 0;
        for (let offset = 0; offset < 100; offset += 3) {
          expect(functionAt(elf, section, offset)).toBe(innermost(functions, offset));
        }
        expect(functionAt(elf, 0, 0)).toBeUndefined();
      }),
    );
  });
});
