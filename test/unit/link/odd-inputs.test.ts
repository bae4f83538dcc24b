import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  ElfEdit,
  SHF,
  SHT,
  STT,
  emptyObject,
  readArchive,
  readElf,
  verifyElf,
  writeArchive,
  type NewMember,
} from '../../../src/elf/index.js';
import { rewriteFile } from '../../../src/rewrite/rewrite-file.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { compile, run } from '../elf/support/corpus.js';

const rewritten = (bytes: Uint8Array): Uint8Array =>
  rewriteFile(bytes, { file: 'odd' }, { syscalls: 'redirect' }).bytes;

/** Symbols by name as GNU nm reads them, after GNU ld has taken the file. */
function namesIn(bytes: Uint8Array): string[] {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'in.o'), bytes);
  run('ld', ['-r', 'in.o', '-o', 'out.o'], folder);
  return run('nm', ['--format=just-symbols', 'out.o'], folder).split('\n').slice(0, -1);
}

/** mov $39, %eax; syscall; ret */
const FUNCTION = Buffer.from('b8270000000f05c3', 'hex');

/** An object whose functions f0, f1 … each have a section. */
function objectOf(sections: number): Uint8Array {
  const edit = new ElfEdit(emptyObject());
  const flags = SHF.ALLOC | SHF.EXECINSTR;
  for (let i = 0; i < sections; i++) {
    const { index } = edit.addSection({ name: `.text.${i}`, type: SHT.PROGBITS, flags, contents: FUNCTION });
    edit.symbols.add({ name: `f${i}`, type: STT.FUNC, section: index, size: FUNCTION.length });
  }
  return edit.write();
}

describe('odd but sound inputs are rewritten, and ld takes what comes out', () => {
  it('more sections than fit 16 bits, once the stubs have theirs', () => {
    // Each redirected site brings a relocation section: from below the reserved indexes to far beyond them.
    const count = 40_000;
    const bytes = rewritten(objectOf(count));
    const elf = readElf(bytes);
    expect(elf.header.shnum).toBeGreaterThan(2 * count);
    expect(verifyElf(elf)).toEqual([]);
    const names = new Set(namesIn(bytes));
    expect(names).toContain('ukl_f0');
    expect(names).toContain(`ukl_f${count - 1}`);
  });

  it('nothing in it at all', () => {
    const nothing = new ElfEdit(emptyObject()).write();
    expect(namesIn(rewritten(nothing))).toEqual([]);
    const bare = compile('', '-fno-ident', '-fcf-protection=none');
    expect(namesIn(rewritten(bare))).toEqual([]);
  });

  it('no section headers: nothing to rewrite', () => {
    const bytes = new Uint8Array(emptyObject().bytes.slice(0, 64));
    bytes.fill(0, 40, 48);
    bytes.fill(0, 58, 64);
    expect(Buffer.compare(rewritten(bytes), bytes)).toBe(0);
  });

  it.each(['zlib', 'zlib-gnu'])('debug sections compressed as %s', (form) => {
    const names = namesIn(rewritten(compile('int f(void) { return 1; }', '-g', `-gz=${form}`)));
    expect(names).toContain('ukl_f');
  });

  it('archives: empty, of empty files, of archives', () => {
    const inner = writeArchive([{ name: 'f.o', data: objectOf(1) }]);
    const members: NewMember[] = [
      { name: 'nothing', data: new Uint8Array(0) },
      { name: 'inner.a', data: inner },
      { name: 'text', data: Buffer.from('x') },
    ];
    const after = readArchive(rewritten(writeArchive(members)));
    expect(after.members.map(({ name, data }) => [name, Buffer.from(data).toString('hex')])).toEqual(
      members.map(({ name, data }) => [name, Buffer.from(data).toString('hex')]),
    );
    expect(readArchive(rewritten(writeArchive([]))).members).toEqual([]);
  });
});
