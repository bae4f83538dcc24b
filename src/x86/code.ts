import type { Code as Opcode, FlowControl } from 'iced-x86';
import { directTarget } from './branch.js';
import { iced } from './decoder.js';
import { forEachInstruction } from './sweep.js';

/** A direct branch or call within code. */
export interface Branch {
  /** Index of the branching instruction. */
  readonly index: number;
  /** Offset it goes to, as encoded: may be negative or beyond the end, and means nothing where a relocation fills it in. */
  readonly target: number;
}

/**
 * Code as a table of instructions in the order of their offsets: where each begins, what it is and how control leaves it. A table
 * of numbers, not an object per instruction; `lookAt` decodes one in full. Bytes that are no instruction stand in it as
 * instructions of one byte with the opcode 0 (iced's `Code.INVALID`).
 */
export class CodeTable {
  readonly bytes: Uint8Array;
  /** Number of instructions. */
  readonly length: number;
  readonly branches: readonly Branch[];
  /** Offset of each instruction, and of the end behind the last. */
  readonly #offsets: Uint32Array;
  readonly #opcodes: Uint16Array;
  readonly #flow: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    const offsets = new Uint32Array(bytes.length + 1);
    const opcodes = new Uint16Array(bytes.length);
    const flow = new Uint8Array(bytes.length);
    const branches: Branch[] = [];
    const { FlowControl } = iced();
    let count = 0;
    forEachInstruction(bytes, (instruction, offset) => {
      const control = instruction.flowControl;
      offsets[count] = offset;
      opcodes[count] = instruction.code;
      flow[count] = control;
      const target = control === FlowControl.Next ? undefined : directTarget(instruction);
      if (target !== undefined) branches.push({ index: count, target });
      count++;
    });
    offsets[count] = bytes.length;
    this.length = count;
    this.branches = branches;
    this.#offsets = offsets.slice(0, count + 1);
    this.#opcodes = opcodes.slice(0, count);
    this.#flow = flow.slice(0, count);
  }

  /** Offset of an instruction in the bytes; of `length`, their end. */
  offset(index: number): number {
    return this.#offsets[index] ?? this.#refuse(index);
  }

  /** Offset behind an instruction. */
  end(index: number): number {
    return this.offset(index + 1);
  }

  opcode(index: number): Opcode {
    return this.#opcodes[index] ?? this.#refuse(index);
  }

  flow(index: number): FlowControl {
    return this.#flow[index] ?? this.#refuse(index);
  }

  /** Index of the instruction that the byte at this offset belongs to. */
  indexOf(offset: number): number {
    if (offset < 0 || offset >= this.bytes.length) this.#refuse(offset);
    let low = 0;
    let high = this.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.offset(middle) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Whether an instruction begins at this offset. */
  isBoundary(offset: number): boolean {
    return offset >= 0 && offset < this.bytes.length && this.offset(this.indexOf(offset)) === offset;
  }

  #refuse(index: number): never {
    throw new RangeError(
      `${index} is not in code of ${this.length} instructions, ${this.bytes.length} bytes`,
    );
  }
}
