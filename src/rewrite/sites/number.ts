import { lookAt, registerUse, iced, type Instruction } from '../../x86/index.js';
import { whyEntered } from './entered.js';
import type { ProvenCode } from './object-code.js';

type Register = Instruction['op0Register'];

/**
 * The number of the system call that the `syscall` with this index makes, when it is a constant that the instructions in front of it, up to the
 * last place where code is entered, put into EAX.
 */
export function syscallNumber(code: ProvenCode, index: number): number | undefined {
  const { Code, FlowControl, Register, OpKind, RegisterExt } = iced();
  const { table } = code;
  let wanted: Register = Register.RAX;
  for (let at = index - 1; at >= 0; at--) {
    // Entered here, the value would come from elsewhere.
    if (whyEntered(code, table.offset(at + 1)) !== undefined) return undefined;
    const flow = table.flow(at);
    if (flow !== FlowControl.Next && flow !== FlowControl.ConditionalBranch) return undefined;
    const found = lookAt(table.bytes, table.offset(at), (instruction) => {
      if (instruction.isInvalid) return 'unknown';
      if (!registerUse(instruction).written.has(wanted)) return 'untouched';
      const target = instruction.op0Register;
      // Half of a register does not make a constant; 32 bits clear the upper half.
      if (!RegisterExt.isGPR32(target) && !RegisterExt.isGPR64(target)) return 'unknown';
      switch (instruction.code) {
        case Code.Mov_r32_imm32:
        case Code.Mov_rm32_imm32:
        case Code.Mov_rm64_imm32:
          return Number(BigInt.asIntN(64, instruction.immediate(1)));
        case Code.Xor_r32_rm32:
        case Code.Xor_rm32_r32:
          return instruction.op1Kind === OpKind.Register && instruction.op1Register === target
            ? 0
            : 'unknown';
        case Code.Mov_r32_rm32:
        case Code.Mov_rm32_r32:
        case Code.Mov_r64_rm64:
        case Code.Mov_rm64_r64:
          if (instruction.op1Kind !== OpKind.Register) return 'unknown';
          wanted = RegisterExt.fullRegister(instruction.op1Register);
          return 'untouched';
        default:
          return 'unknown';
      }
    });
    if (found === 'unknown') return undefined;
    if (typeof found === 'number') return found >= 0 ? found : undefined;
  }
  return undefined;
}
