import { describe, expect, it } from 'vitest';
import { SHF } from '../../../src/elf/index.js';
import { CodeTable, iced, lookAt, registerUse } from '../../../src/x86/index.js';
import { archives, elvesOf, run } from '../elf/support/corpus.js';

const libc = archives.filter((path) => path.endsWith('/libc.a'));

describe('code', () => {
  it.each(libc)('begins its instructions where objdump does: %s', { timeout: 120_000 }, (path) => {
    const expected = objdumpOffsets(path);
    let count = 0;
    for (const { elf, label } of elvesOf(path)) {
      for (const section of elf.sections) {
        if (!section.has(SHF.EXECINSTR) || section.size === 0) continue;
        const code = new CodeTable(section.contents);
        const offsets = Array.from({ length: code.length }, (_, i) => code.offset(i));
        expect(offsets, `${label} ${section.name}`).toEqual(expected[count++]);
      }
    }
    expect(count).toBe(expected.length);
  });

  it('finds the instruction of a byte and says where it goes', () => {
    const { Code, FlowControl } = iced();
    // jne .+5; nop; mov $60,%eax; syscall; ret
    const code = new CodeTable(Uint8Array.of(0x75, 3, 0x90, 0xb8, 60, 0, 0, 0, 0x0f, 5, 0xc3));
    expect(code.length).toBe(5);
    expect(Array.from({ length: 5 }, (_, i) => code.opcode(i))).toEqual([
      Code.Jne_rel8_64,
      Code.Nopd,
      Code.Mov_r32_imm32,
      Code.Syscall,
      Code.Retnq,
    ]);
    expect(code.flow(0)).toBe(FlowControl.ConditionalBranch);
    expect(code.flow(4)).toBe(FlowControl.Return);
    expect(code.branches).toEqual([{ index: 0, target: 5 }]);
    expect(code.isBoundary(5)).toBe(false);
    expect(code.isBoundary(8)).toBe(true);
    expect(code.indexOf(5)).toBe(2);
    expect(code.end(4)).toBe(11);
    expect(() => code.opcode(5)).toThrow(RangeError);
    expect(() => code.indexOf(11)).toThrow(RangeError);
  });

  it('takes a byte that is no instruction for itself', () => {
    const { Code } = iced();
    const code = new CodeTable(Uint8Array.of(0x06, 0x90, 0x0f));
    expect([code.opcode(0), code.opcode(1), code.opcode(2)]).toEqual([Code.INVALID, Code.Nopd, Code.INVALID]);
  });

  it('gives targets before its start and behind its end as they are', () => {
    const code = new CodeTable(Uint8Array.of(0xe9, 0xf6, 0xff, 0xff, 0xff, 0xeb, 0x10));
    expect(code.branches).toEqual([
      { index: 0, target: -5 },
      { index: 1, target: 23 },
    ]);
  });
});

describe('one instruction', () => {
  it('is looked at where it stands', () => {
    // lea 0x10(%rip),%rax
    const bytes = Uint8Array.of(0x90, 0x48, 0x8d, 0x05, 0x10, 0, 0, 0);
    expect(lookAt(bytes, 1, (i) => i.ipRelMemoryAddress)).toBe(0x18n);
    expect(() => lookAt(bytes, 8, () => 0)).toThrow(RangeError);
  });

  it('tells the registers it uses', () => {
    const { Register } = iced();
    // push %rbx; mov %al,%cl; syscall
    const bytes = Uint8Array.of(0x53, 0x88, 0xc1, 0x0f, 0x05);
    expect(lookAt(bytes, 0, registerUse)).toEqual({
      read: new Set([Register.RBX, Register.RSP]),
      written: new Set([Register.RSP]),
    });
    expect(lookAt(bytes, 1, registerUse)).toEqual({
      read: new Set([Register.RAX]),
      written: new Set([Register.RCX]),
    });
    expect(lookAt(bytes, 3, registerUse).written).toEqual(new Set([Register.RCX, Register.R11]));
  });
});

/** Where instructions begin in each executable section of each member, as objdump has it. */
function objdumpOffsets(path: string): number[][] {
  const sections: number[][] = [];
  for (const line of run('objdump', ['-d', '-z', '-w', '--no-show-raw-insn', path]).split('\n')) {
    if (line.startsWith('Disassembly of section')) sections.push([]);
    const [, offset] = /^ *([0-9a-f]+):\t/.exec(line) ?? [];
    if (offset !== undefined) sections.at(-1)?.push(parseInt(offset, 16));
  }
  return sections;
}
