import type { Instruction, OpAccess, Register, UsedRegister } from 'iced-x86';
import { iced } from './decoder.js';

/** Registers an instruction uses, each as the full register it is part of: `al` counts as RAX, `xmm1` as ZMM1. */
export interface RegisterUse {
  readonly read: ReadonlySet<Register>;
  /** Written, perhaps only under a condition. */
  readonly written: ReadonlySet<Register>;
}

/** What registers an instruction uses, implicit ones (the stack pointer of a push, `rcx` of `rep`) included. */
export function registerUse(instruction: Instruction): RegisterUse {
  const { InstructionInfoFactory, OpAccess, RegisterExt } = iced();
  const reads = new Set<OpAccess>([
    OpAccess.Read,
    OpAccess.CondRead,
    OpAccess.ReadWrite,
    OpAccess.ReadCondWrite,
  ]);
  const writes = new Set<OpAccess>([
    OpAccess.Write,
    OpAccess.CondWrite,
    OpAccess.ReadWrite,
    OpAccess.ReadCondWrite,
  ]);
  const read = new Set<Register>();
  const written = new Set<Register>();
  const factory = new InstructionInfoFactory();
  const info = factory.info(instruction);
  for (const used of info.usedRegisters() as UsedRegister[]) {
    const register = RegisterExt.fullRegister(used.register);
    if (reads.has(used.access)) read.add(register);
    if (writes.has(used.access)) written.add(register);
    used.free();
  }
  info.free();
  factory.free();
  return { read, written };
}
