import { iced, type Instruction } from '../x86/index.js';

/**
 * Where a function's code ends, its instructions taken in the order they stand in: behind a jump or return that no branch before goes beyond. Hand-written
 * functions have strings and tables there, within the size that they give.
 *
 * A jump table or a landing pad may lead further without such a branch: then the size counts, if the symbol has one.
 */
export class FlowEnd {
  readonly #sized: boolean;
  readonly #hasLandingPads: boolean;
  #farthest = 0;
  #hasIndirectJump = false;
  #ended = false;

  constructor(sized: boolean, hasLandingPads: boolean) {
    this.#sized = sized;
    this.#hasLandingPads = hasLandingPads;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** `offset` counts from the start of the function. */
  visit(instruction: Instruction, offset: number): void {
    const { FlowControl, OpKind } = iced();
    const flow = instruction.flowControl;
    if (flow === FlowControl.Next) return;
    if (instruction.op0Kind === OpKind.NearBranch64 && flow !== FlowControl.Call) {
      const target = Number(BigInt.asIntN(64, instruction.nearBranchTarget));
      // To the very next instruction: a branch that a relocation fills in, out of this function.
      if (target !== offset + instruction.length) this.#farthest = Math.max(this.#farthest, target);
    }
    if (flow === FlowControl.IndirectBranch) this.#hasIndirectJump = true;
    const isLast =
      flow === FlowControl.UnconditionalBranch ||
      flow === FlowControl.IndirectBranch ||
      flow === FlowControl.Return;
    const mayGoOn = this.#sized && (this.#hasIndirectJump || this.#hasLandingPads);
    if (isLast && !mayGoOn && this.#farthest <= offset) this.#ended = true;
  }

  /** Bytes that are no instruction. */
  visitInvalid(): void {
    if (!this.#sized) this.#ended = true;
  }
}
