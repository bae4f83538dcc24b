import type { CheckName } from '../errors/index.js';
import { iced, type Instruction } from '../x86/index.js';

/** What an instruction is to the checks: a finding, a `pushf` (after which a `popf` is none), or of no interest. */
export type InstructionRule = CheckName | 'flagsSaved' | undefined;

/** By the opcode's name in iced. What is not here and privileged is `privileged`. */
const BY_NAME: readonly (readonly [RegExp, InstructionRule])[] = [
  [/^Hlt$/, 'halt'],
  [/^Pushf/, 'flagsSaved'],
  [/^Popf/, 'flagsFromElsewhere'],
  [/^(?:Swapgs$|(?:Rd|Wr)gsbase_|Lkgs_|Lgs_|Pop._GS$|Mov_Sreg_)/, 'gsBase'],
  [/^(?:Int_imm8$|Sysenter$|Sysexit|Sysret|Iret|Retf|Eret|(?:Call|Jmp)_m16)/, 'ringChange'],
  // Not privileged by the letter: what they do in ring 3 is the hypervisor's or the kernel's choice.
  [/^(?:Vmm?call|Monitor.|Mwait)$/, 'privileged'],
];

let rules: readonly InstructionRule[] | undefined;

/** The rules of all opcodes, made when they are first asked for. */
export function instructionRules(): readonly InstructionRule[] {
  if (rules !== undefined) return rules;
  const { Code, Instruction } = iced();
  const instruction = new Instruction();
  const made: InstructionRule[] = [];
  for (let code = 0; ; code++) {
    const name = Code[code];
    if (name === undefined) break;
    instruction.code = code;
    const named = BY_NAME.find(([pattern]) => pattern.test(name));
    made.push(named === undefined ? (instruction.isPrivileged ? 'privileged' : undefined) : named[1]);
  }
  instruction.free();
  return (rules = made);
}

/** The instruction as a reader of assembler knows it: `mov %cr`, `int $0x80`, `lret`. */
export function instructionName(instruction: Instruction): string {
  const { Code, Mnemonic } = iced();
  const mnemonic = (Mnemonic[instruction.mnemonic] ?? '').toLowerCase();
  const [, special] = /^Mov_(?:r\d\d_)?(cr|dr|tr)/.exec(Code[instruction.code] ?? '') ?? [];
  if (special !== undefined) return `mov %${special}`;
  switch (mnemonic) {
    case 'int':
      return `int $0x${instruction.immediate8.toString(16)}`;
    case 'call':
    case 'jmp':
      return `l${mnemonic}`;
    case 'retf':
      return 'lret';
    case 'mov':
    case 'pop':
      return `${mnemonic} %gs`;
    default:
      return mnemonic;
  }
}
