import { iced, type Instruction } from '../x86/index.js';

/** Where a function uses the red zone. */
export interface RedZoneUse {
  /** Offset of the first place. */
  readonly offset: number;
  readonly count: number;
}

interface FrameAccess {
  readonly offset: number;
  /** Bytes below %rbp. */
  readonly depth: number;
  readonly isIndexed: boolean;
}

/**
 * Finds memory accesses below the stack pointer in one function, its instructions taken in the order they stand in:
 *
 * - `-N(%rsp)`, always;
 * - `-N(%rbp)`, when %rbp is the frame pointer and nothing in the function lowers the stack pointer that far;
 * - with an index (`-N(%rsp,%rax)`), and addresses (`lea -N(%rsp),%rax`), when the function has no frame but pushed registers: with a frame, the
 *   compiler may have folded an index into the displacement, or be about to allocate what the address is of.
 *
 * `or $0,-N(%rsp)` is a stack probe and `lock add $0,-N(%rsp)` a memory barrier: they use nothing of what lies there.
 */
export class RedZone {
  readonly #iced = iced();
  readonly #hits: number[] = [];
  /** Found only if the function has no frame. */
  readonly #frameless: number[] = [];
  /** Accesses through the frame pointer, and how far below it they lie. */
  readonly #frameAccesses: FrameAccess[] = [];
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
    const lowered = this.#lowered ?? 0;
    const deep = this.#frameAccesses.filter(
      ({ depth, isIndexed }) => depth > lowered && !(isIndexed && this.#hasFrame),
    );
    const places = [
      ...this.#hits,
      ...deep.map(({ offset }) => offset),
      ...(this.#hasFrame ? [] : this.#frameless),
    ];
    if (places.length === 0) return undefined;
    return { offset: places.reduce((first, offset) => Math.min(first, offset)), count: places.length };
  }

  #access(instruction: Instruction, offset: number, base: Instruction['memoryBase']): void {
    const { Mnemonic, Register } = this.#iced;
    const { mnemonic } = instruction;
    const displacement = displacementOf(instruction);
    if (displacement >= 0 || mnemonic === Mnemonic.Nop || this.#changesNothing(instruction)) return;
    const isIndexed = instruction.memoryIndex !== Register.None;
    const isAddress = mnemonic === Mnemonic.Lea;
    if (isAddress && instruction.op0Register === Register.RSP) return;
    if (base === Register.RBP) {
      if (this.#lowered !== undefined) this.#frameAccesses.push({ offset, depth: -displacement, isIndexed });
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

  #changesNothing(instruction: Instruction): boolean {
    const { Mnemonic } = this.#iced;
    const { mnemonic } = instruction;
    const keepsValue = mnemonic === Mnemonic.Or || mnemonic === Mnemonic.Add;
    return keepsValue && this.#isConstant(instruction) && instruction.immediate(1) === 0n;
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
