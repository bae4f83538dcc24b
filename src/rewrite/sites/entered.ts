import { functionAt } from './code-section.js';
import type { ProvenCode } from './object-code.js';
import type { NativeReason } from './site.js';

/** How code may be entered at an offset other than from the instruction before; undefined when it is proven that it is not. */
export function whyEntered(code: ProvenCode, offset: number): NativeReason | undefined {
  const { table, labels, reached } = code;
  if (labels.hasLandingPad(offset)) return 'landing-pad';
  if (labels.has(offset) || reached.targets.has(offset)) return 'label';
  // What is not known exactly is at least meant: it leads to an instruction and not into one.
  if (!table.isBoundary(offset)) return undefined;
  if (labels.mayBeInTable(offset)) return 'label';
  return mayBeComputed(code, offset) ? 'indirect-jump' : undefined;
}

/** Whether the function around an offset has an indirect jump and an address of code to compute its target from. */
function mayBeComputed(code: ProvenCode, offset: number): boolean {
  const { table, labels, reached } = code;
  const { start, end } = functionAt(code, offset) ?? { start: 0, end: table.bytes.length };
  const hasJump = reached.indirectJumps.some((jump) => start <= jump && jump < end);
  return hasJump && labels.mayComputeTargets(start, end);
}
