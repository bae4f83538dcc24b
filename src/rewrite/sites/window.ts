import { lookAt, iced, type Instruction } from '../../x86/index.js';
import { R_X86_64, relocationFieldSize, type RelocationAt } from '../../elf/index.js';
import { whyEntered } from './entered.js';
import type { ProvenCode } from './object-code.js';
import type { NativeReason } from './site.js';

/** Bytes of `jmp rel32`. */
export const JUMP_SIZE = 5;

/** The instructions in front of a `syscall` that move to its stub: from one index of the section's table up to, not including, another. */
export interface Window {
  readonly first: number;
  /** Index of the `syscall`. */
  readonly site: number;
}

/** Relocations whose value does not depend on where they stand. */
const MOVABLE: ReadonlySet<number> = new Set([
  R_X86_64.NONE,
  R_X86_64[64],
  R_X86_64[32],
  R_X86_64['32S'],
  R_X86_64[16],
  R_X86_64[8],
  R_X86_64.TPOFF32,
  R_X86_64.TPOFF64,
  R_X86_64.DTPOFF32,
  R_X86_64.DTPOFF64,
  R_X86_64.GOT32,
  R_X86_64.GOT64,
  R_X86_64.GOTOFF64,
  R_X86_64.PLTOFF64,
  R_X86_64.SIZE32,
  R_X86_64.SIZE64,
]);

/** Relocations relative to the end of the instruction, which a %rip-relative operand brings along wherever it goes. */
const MOVABLE_WITH_OPERAND: ReadonlySet<number> = new Set([
  R_X86_64.PC32,
  R_X86_64.PLT32,
  R_X86_64.GOTPCREL,
  R_X86_64.GOTPCRELX,
  R_X86_64.REX_GOTPCRELX,
  R_X86_64.GOTTPOFF,
]);

/** The window of a site, as few instructions as hold a jump; or why there is none. */
export function chooseWindow(code: ProvenCode, site: number): Window | NativeReason {
  const { table, reached } = code;
  const { FlowControl, Code } = iced();
  const end = table.offset(site);
  if (!reached.begins(end)) return 'unreached';
  let first = site;
  while (end - table.offset(first) < JUMP_SIZE) {
    const flow = first === 0 ? FlowControl.Return : table.flow(first - 1);
    if (flow !== FlowControl.Next && flow !== FlowControl.ConditionalBranch) return 'short';
    if (table.opcode(first - 1) === Code.INVALID) return 'short';
    first--;
    if (!reached.begins(table.offset(first))) return 'short';
  }
  const window = { first, site };
  const tied = whyTied(code, window);
  if (tied !== undefined) return tied;
  if (reached.isContested(table.offset(first), table.end(site))) return 'overlap';
  return whyUnmovable(code, window) ?? window;
}

/** Why the window must not move although each of its instructions may: it is entered elsewhere than at its start, or watched. */
function whyTied(code: ProvenCode, { first, site }: Window): NativeReason | undefined {
  const { table, labels } = code;
  for (let at = table.offset(first) + 1; at < table.offset(site); at++) {
    const reason = whyEntered(code, at);
    if (reason !== undefined) return reason;
  }
  return labels.isMarked(table.end(site)) ? 'marked' : undefined;
}

function whyUnmovable({ table, relocations }: ProvenCode, { first, site }: Window): NativeReason | undefined {
  for (let index = first; index < site; index++) {
    const start = table.offset(index);
    const inside: RelocationAt[] = [];
    for (let at = start; at < table.end(index); at++) {
      const relocation = relocations.get(at);
      if (relocation !== undefined) inside.push(relocation);
    }
    const reason = lookAt(table.bytes, start, (instruction, decoder) => {
      if (!isMovable(instruction, table.bytes.subarray(start))) return 'unmovable';
      const constants = decoder.getConstantOffsets(instruction);
      const operand = isDirectBranch(instruction)
        ? table.end(index) - 4
        : instruction.isIpRelMemoryOperand
          ? start + constants.displacementOffset
          : undefined;
      constants.free();
      return inside.every((relocation) => movesAlong(relocation, operand, table.end(index)))
        ? undefined
        : 'relocation';
    });
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Whether an instruction does the same elsewhere, its %rip-relative operand or branch distance adjusted. */
function isMovable(instruction: Instruction, bytes: Uint8Array): boolean {
  const { Code, Register } = iced();
  // Where an indirect branch may land it must stay; and an operand relative to EIP wraps at 4 GB.
  if (instruction.code === Code.Endbr64 || instruction.memoryBase === Register.EIP) return false;
  return !isDirectBranch(instruction) || conditionOf(bytes) !== undefined;
}

function isDirectBranch(instruction: Instruction): boolean {
  return instruction.flowControl === iced().FlowControl.ConditionalBranch;
}

/** The condition code of a conditional jump that can be written with a 32-bit distance; undefined for loop, jrcxz and prefixed ones. */
export function conditionOf(bytes: Uint8Array): number | undefined {
  const [opcode = 0, second = 0] = bytes;
  if ((opcode & 0xf0) === 0x70) return opcode & 0xf;
  return opcode === 0x0f && (second & 0xf0) === 0x80 ? second & 0xf : undefined;
}

function movesAlong({ table, index }: RelocationAt, operand: number | undefined, end: number): boolean {
  const type = table.type(index);
  const offset = table.offset(index);
  if (offset + (relocationFieldSize(type) ?? Infinity) > end) return false;
  return MOVABLE.has(type) || (MOVABLE_WITH_OPERAND.has(type) && offset === operand);
}
