import { iced, type Instruction } from '../x86/index.js';

/** Where a function uses the red zone. */
export interface RedZoneUse {
  /** Offset of the first place. */
  readonly offset: number;
  readonly count: number;
}

/**
 * Finds memory accesses below the stack pointer in one function, its instructions taken in the order they stand in:
 *
 * - `-N(%rsp)`, always;
 * - `-N(%rbp)`, when %rbp is the frame pointer and nothing in the function lowers the stack pointer that far;
 * - with an index (`-N(%rsp,%rax)`), and addresses (`lea -N(%rsp),%rax`), when the function has no frame but pushed registers: with a frame, the
 *   compiler may have folded an index into the displacement, or be about to allocate what the address is of.
 *
 * `or $0,-N(%rsp)` is a stack probe: it uses nothing of what lies there.
 */
export class RedZone {
  readonly #iced = iced();
  readonly #hits: number[] = [];
  /** Found only if the function has no frame. */
  readonly #frameless: number[] = [];
  /** Accesses through the frame pointer, and how far below it they lie. */
  readonly #frameAccesses: { readonly offset: number; readonly depth: number }[] = [];
  #hasFrame = false;
  /**
   * Bytes that the function lowers the stack pointer below %rbp, all lowerings added up: which of them happen together is a matter of the
   * path taken, and compilers lower it once. Undefined while %rbp is no frame pointer.
   */
  #lowered: number | undefined;

  visit(instruction: Instruction, offset: number): void {
    const { Mnemonic, Register } = this.#iced;
    const base = instruction.memoryBase;
    if (base === Register.RSP || base === Register.RBP) this.#access(instruction, offset, base);
    if (instruction.isStackInstruction) {
      if (instruction.mnemonic === Mnemonic.Push) this.#lower(-instruction.stackPointerIncrement);
    } else if (instruction.op0Register === Register.RSP) {
      this.#moveStack(instruction);
    } else if (instruction.op0Register === Register.RBP && instruction.op1Register === Register.RSP) {
      if (instruction.mnemonic === Mnemonic.Mov) this.#lowered ??= 0;
    }
  }

  result(): RedZoneUse | undefined {
    const { count, first } = [
      ...this.#hits,
      ...this.#frameAccesses.filter(({ depth }) => depth > (this.#lowered ?? 0)).map(({ offset }) => offset),
      ...(this.#hasFrame ? [] : this.#frameless),
    ].reduce((sum, offset) => ({ count: sum.count + 1, first: Math.min(sum.first, offset) }), {
      count: 0,
      first: Infinity,
    });
    return count === 0 ? undefined : { offset: first, count };
  }

  #access(instruction: Instruction, offset: number, base: Instruction['memoryBase']): void {
    const { Mnemonic, Register } = this.#iced;
    const { mnemonic } = instruction;
    const displacement = displacementOf(instruction);
    if (displacement >= 0 || mnemonic === Mnemonic.Nop || this.#isProbe(instruction)) return;
    const isIndexed = instruction.memoryIndex !== Register.None;
    const isAddress = mnemonic === Mnemonic.Lea;
    if (isAddress && instruction.op0Register === Register.RSP) return;
    if (base === Register.RBP) {
      const isFrame = this.#lowered !== undefined && !isIndexed;
      if (isFrame) this.#frameAccesses.push({ offset, depth: -displacement });
    } else if (isIndexed || isAddress) {
      this.#frameless.push(offset);
    } else {
      this.#hits.push(offset);
    }
  }

  /** An instruction whose first operand is %rsp. */
  #moveStack(instruction: Instruction): void {
    const { Mnemonic, Register } = this.#iced;
    const { mnemonic, memoryBase } = instruction;
    if (mnemonic === Mnemonic.Cmp || mnemonic === Mnemonic.Test) return;
    if ((mnemonic === Mnemonic.Sub || mnemonic === Mnemonic.Add) && this.#isConstant(instruction)) {
      const value = Number(BigInt.asIntN(64, instruction.immediate(1)));
      this.#allocate(mnemonic === Mnemonic.Sub ? value : -value);
    } else if (
      mnemonic === Mnemonic.Lea &&
      instruction.memoryIndex === Register.None &&
      memoryBase === Register.RSP
    ) {
      this.#allocate(-displacementOf(instruction));
    } else if (
      mnemonic === Mnemonic.Lea &&
      instruction.memoryIndex === Register.None &&
      memoryBase === Register.RBP
    ) {
      this.#lower(-displacementOf(instruction));
    } else if (mnemonic !== Mnemonic.Mov || instruction.op1Register !== Register.RBP) {
      // alloca, alignment, another stack: how low it is now cannot be told.
      this.#allocate(Infinity);
    }
  }

  #isProbe(instruction: Instruction): boolean {
    return (
      instruction.mnemonic === this.#iced.Mnemonic.Or &&
      this.#isConstant(instruction) &&
      instruction.immediate(1) === 0n
    );
  }

  /** Whether the second operand is a constant. */
  #isConstant({ op1Kind }: Instruction): boolean {
    const { OpKind } = this.#iced;
    return op1Kind >= OpKind.Immediate8 && op1Kind <= OpKind.Immediate32to64;
  }

  #allocate(bytes: number): void {
    if (bytes > 0) this.#hasFrame = true;
    this.#lower(bytes);
  }

  #lower(bytes: number): void {
    if (this.#lowered !== undefined && bytes > 0) this.#lowered += bytes;
  }
}

function displacementOf(instruction: Instruction): number {
  return Number(BigInt.asIntN(64, instruction.memoryDisplacement));
}
