import type { ElfFile, Section } from '../elf/index.js';
import type { CheckName } from '../errors/index.js';
import { forEachInstruction, iced, type Instruction } from '../x86/index.js';
import { mayMatter } from './byte-filter.js';
import type { Findings } from './finding.js';
import { FlowEnd } from './flow-end.js';
import { functionsOf } from './functions.js';
import { instructionName, instructionRules } from './instruction-rules.js';
import { RedZone } from './red-zone.js';

/**
 * Looks at the instructions of every function: those that mean something else in ring 0, and accesses below the stack pointer. Only what
 * symbols say is code is decoded, in a straight line: data between functions is not taken for code, nor is code that no function symbol covers
 * looked at.
 */
export function checkCode(elf: ElfFile, findings: Findings): void {
  const hasLandingPads = elf.sections.some(({ name }) => name.startsWith('.gcc_except_table'));
  for (const { section, functions } of functionsOf(elf)) {
    const { contents } = section;
    for (const { name, start, end, sized } of functions) {
      if (!mayMatter(contents, start, end)) continue;
      const check = new FunctionCheck(section, name, findings);
      const flow = new FlowEnd(sized, hasLandingPads);
      forEachInstruction(contents.subarray(start, end), (instruction, offset) => {
        if (flow.ended) return;
        if (instruction.isInvalid) flow.visitInvalid();
        else {
          check.visit(instruction, start + offset);
          flow.visit(instruction, offset);
        }
      });
      check.finish();
    }
  }
}

/** The findings of one function. */
class FunctionCheck {
  readonly #section: Section;
  readonly #name: string;
  readonly #findings: Findings;
  readonly #rules = instructionRules();
  readonly #redZone = new RedZone();
  #savesFlags = false;
  readonly #flags: { readonly offset: number; readonly name: string }[] = [];

  constructor(section: Section, name: string, findings: Findings) {
    this.#section = section;
    this.#name = name;
    this.#findings = findings;
  }

  /** `offset` counts from the start of the section. */
  visit(instruction: Instruction, offset: number): void {
    this.#redZone.visit(instruction, offset);
    if (usesGs(instruction)) this.#add('gsAccess', offset);
    const rule = this.#rules[instruction.code];
    if (rule === undefined) return;
    const name = instructionName(instruction);
    if (rule === 'flagsSaved') this.#savesFlags = true;
    else if (rule === 'flagsFromElsewhere') this.#flags.push({ offset, name });
    else if (!isHarmless(instruction)) this.#add(rule, offset, rule === 'halt' ? '' : name);
  }

  finish(): void {
    if (!this.#savesFlags) {
      for (const { offset, name } of this.#flags) this.#add('flagsFromElsewhere', offset, name);
    }
    const use = this.#redZone.result();
    if (use !== undefined) this.#add('redZone', use.offset, '', use.count);
  }

  #add(check: CheckName, offset: number, detail = '', count = 1): void {
    this.#findings.add(check, this.#section, offset, this.#name, detail, count);
  }
}

function usesGs(instruction: Instruction): boolean {
  const { Mnemonic, Register } = iced();
  if (instruction.segmentPrefix !== Register.GS) return false;
  const { mnemonic } = instruction;
  return mnemonic !== Mnemonic.Lea && mnemonic !== Mnemonic.Nop && hasMemory(instruction);
}

/** Whether an operand is in memory. */
function hasMemory(instruction: Instruction): boolean {
  const { OpKind } = iced();
  for (let i = 0; i < instruction.opCount; i++) if (instruction.opKind(i) >= OpKind.MemorySegSI) return true;
  return false;
}

/** Of the moves into segment registers, only those into %gs matter; `int $3` is a breakpoint, which ring 3 may set. */
function isHarmless(instruction: Instruction): boolean {
  const { Code, Mnemonic, Register } = iced();
  switch (instruction.code) {
    case Code.Mov_Sreg_rm16:
    case Code.Mov_Sreg_r32m16:
    case Code.Mov_Sreg_r64m16:
      return instruction.op0Register !== Register.GS;
    default:
      return instruction.mnemonic === Mnemonic.Int && instruction.immediate8 === 3;
  }
}
