import { describe, expect, it } from 'vitest';
import { mayMatter } from '../../../src/checks/byte-filter.js';
import { instructionRules } from '../../../src/checks/instruction-rules.js';
import { iced } from '../../../src/x86/index.js';

/** The bytes in front of an opcode, by iced's table. */
const ESCAPES: ReadonlyMap<number, readonly number[]> = new Map(
  Object.entries({ Normal: [], T0F: [0x0f], T0F38: [0x0f, 0x38], T0F3A: [0x0f, 0x3a] }).map(
    ([name, bytes]) => [iced().OpCodeTableKind[name as 'Normal'], bytes],
  ),
);

/** Opcode and ModR/M of every instruction of 64-bit code that has a rule. */
function encodings(): [name: string, bytes: Uint8Array][] {
  const { Code, Instruction } = iced();
  const instruction = new Instruction();
  return instructionRules().flatMap((rule, code) => {
    if (rule === undefined) return [];
    instruction.code = code;
    const info = instruction.opCode;
    const { mode64, table, opCode, opCodeLength, groupIndex } = info;
    const name = Code[code] ?? '';
    info.free();
    const escape = ESCAPES.get(table);
    if (!mode64 || escape === undefined) return [];
    const opcode = opCodeLength === 2 ? [opCode >> 8, opCode & 0xff] : [opCode];
    return [[name, Uint8Array.from([...escape, ...opcode, Math.max(groupIndex, 0) << 3])]];
  });
}

const differs = (text: string): boolean => {
  const bytes = Uint8Array.from(Buffer.from(text, 'hex'));
  return mayMatter(bytes, 0, bytes.length);
};

describe('the filter by bytes', () => {
  it('lets every instruction through that has a rule', () => {
    const all = encodings();
    expect(all.length).toBeGreaterThan(100);
    expect(all.filter(([, bytes]) => !mayMatter(bytes, 0, bytes.length)).map(([name]) => name)).toEqual([]);
  });

  it('lets accesses below the stack pointer through', () => {
    // mov -8(%rsp),%eax; -8(%rsp,%rcx,2); -0x100(%rsp); -4(%rbp); -0x100(%rbp); vmovdqu -8(%rsp),%ymm9; %gs:0
    const texts = [
      '8b4424f8',
      '8b444cf8',
      '8b842400ffffff',
      '8b45fc',
      '8b8500ffffff',
      'c57e6f4c24f8',
      '658b00',
    ];
    expect(texts.filter((text) => !differs(text))).toEqual([]);
  });

  it('keeps plain code from being decoded', () => {
    // mov 8(%rsp),%eax; mov 0x100(%rsp),%eax; mov 4(%rbp),%eax; lea 1(%rdi),%eax; ret; syscall; jmp *(%rax); xor %eax,%eax
    const texts = ['8b442408', '8b842400010000', '8b4504', '8d4701', 'c3', '0f05', 'ff20', '31c0'];
    expect(texts.filter(differs)).toEqual([]);
  });
});
