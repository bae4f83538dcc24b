import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { diagnosticOf, findingsOf } from '../../../src/checks/index.js';
import { readElf } from '../../../src/elf/index.js';
import { thrownCodes } from '../../support/codes.js';
import { Workshop } from '../link/corpus.js';
import { findingsIn, summary } from './objects.js';

const shop = new Workshop();
afterAll(() => shop.remove());
const check = (name: string, source: string, flags: readonly string[] = []): string[] =>
  summary(findingsIn(shop, name, source, flags));
const note = (section: string, owner: string, type: number, flags = 'a'): string =>
  `.section ${section},"${flags}",@note\n.long ${owner.length + 1}, 4, ${type}\n.asciz "${owner}"\n.balign 4\n.long 1\n`;

describe('sections', () => {
  it('that are writable and executable are found, others are not', () => {
    const section = (name: string, flags: string): string => `.section ${name},"${flags}",@progbits\nnop\n`;
    expect(check('wx.s', section('.both', 'awx'))).toEqual(['writableCode']);
    expect(check('apart.s', section('.w', 'aw') + section('.x', 'ax') + section('.debug_wx', ''))).toEqual(
      [],
    );
  });

  it('that ask for an executable stack are found', () => {
    const nested = 'int use(int (*)(void)); int f(int n) { int g(void) { return n; } return use(g); }';
    expect(check('trampoline.c', nested)).toEqual(['executableStack']);
    expect(check('plain.c', 'int f(int n) { return n; }')).toEqual([]);
  });

  it('without a word about the stack are found where there is code', () => {
    const raw = (name: string, source: string): string[] => {
      const path = shop.compile(name, source);
      return summary(findingsOf(readElf(readFileSync(path), { file: path })));
    };
    expect(raw('code.s', '.text\nret\n')).toEqual(['noStackNote']);
    expect(raw('nocode.s', '.data\n.long 1\n')).toEqual([]);
  });
});

describe('notes', () => {
  it('of unknown owners and types are found, if they are loaded', () => {
    const source =
      note('.note.one', 'Acme', 7) + note('.note.two', 'GNU', 99) + note('.note.three', 'Acme', 8, '');
    expect(check('unknown.s', source)).toEqual([
      'unknownNote owner "Acme", type 7',
      'unknownNote owner "GNU", type 99',
    ]);
  });

  it('that everyone knows are not found', () => {
    expect(check('known.s', note('.note.ABI-tag', 'GNU', 1) + note('.note.gnu.build-id', 'GNU', 3))).toEqual(
      [],
    );
  });

  it('of the link itself are found', () => {
    expect(check('ours.s', note('.note.ukl', 'UKL', 1))).toEqual(['reservedNote owner "UKL", type 1']);
  });

  it('of control-flow protection and processor levels are named', () => {
    const source = 'int f(void) { return 0; }';
    expect(check('cet.c', source, ['-fcf-protection'])).toEqual(['droppedProperty IBT, SHSTK']);
    expect(check('ibt.c', source, ['-fcf-protection=branch'])).toEqual(['droppedProperty IBT']);
    expect(check('v3.s', '.text\n', ['-Wa,-mx86-used-note=yes']).join()).toMatch(
      /^droppedProperty property 0x/,
    );
  });

  it('that are damaged are an error', () => {
    const path = shop.compile('damaged.s', '.section .note.x,"a",@note\n.long 400, 4, 1\n');
    expect(thrownCodes(() => findingsOf(readElf(readFileSync(path))))).toEqual(['UKL1019']);
  });
});

describe('relocations', () => {
  it.each(['COPY', 'GLOB_DAT', 'JUMP_SLOT', 'RELATIVE', 'IRELATIVE', 'DTPMOD64', 'TLSDESC'])(
    'R_X86_64_%s is for the dynamic linker',
    (type) => {
      const source = (section: string): string =>
        `${section}\n.reloc ., R_X86_64_${type}, x\n.quad 0, 0\n.data\nx: .quad x\n`;
      expect(check(`${type}.s`, source('.data'))).toEqual([`dynamicRelocation R_X86_64_${type}`]);
      expect(check(`${type}-debug.s`, source('.section .debug_info'))).toEqual([]);
    },
  );

  it('of dynamic TLS models are counted', () => {
    const source =
      'extern __thread int a; static __thread int b, c; int f(void) { return a++ + b++; } int *g(void) { c++; return &a; }';
    const pic = check('pic.c', source, ['-fPIC', '-O2']);
    expect(pic).toEqual(['dynamicTls general-dynamic x2', 'dynamicTls local-dynamic x2']);
    expect(check('desc.c', source, ['-fPIC', '-O2', '-mtls-dialect=gnu2'])[0]).toMatch(
      /^dynamicTls TLS-descriptor/,
    );
    expect(check('pie.c', source, ['-fPIE', '-O2'])).toEqual([]);
  });
});

describe('a finding in words', () => {
  it('has a place, a count, a code and advice', () => {
    const [finding] = findingsIn(shop, 'words.c', 'void f(void) { __asm__("cli; cli"); }', ['-O2']);
    if (finding === undefined) expect.fail('nothing found');
    const said = diagnosticOf(finding, { file: 'lib.a', member: 'words.o' });
    expect(said).toMatchObject({
      code: 'UKL2105',
      severity: 'warning',
      file: 'lib.a',
      member: 'words.o',
      section: '.text',
      offset: 0,
      symbol: 'f',
      count: 2,
    });
    expect(said.message).toContain('cli');
    expect(said.hint).toBeTruthy();
  });
});
