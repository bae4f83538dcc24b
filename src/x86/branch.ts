import type { Instruction } from 'iced-x86';
import { iced } from './decoder.js';

/**
 * Where a direct branch or call (also xbegin) goes as encoded, as an address that may be negative; undefined for every other instruction.
 * Means nothing where a relocation fills it in.
 */
export function directTarget(instruction: Instruction): number | undefined {
  const { FlowControl, OpKind } = iced();
  if (instruction.flowControl === FlowControl.Next) return undefined;
  const kind = instruction.op0Kind;
  const isNear = kind === OpKind.NearBranch64 || kind === OpKind.NearBranch32 || kind === OpKind.NearBranch16;
  return isNear ? Number(BigInt.asIntN(64, instruction.nearBranchTarget)) : undefined;
}
