import { directTarget } from './branch.js';
import { iced } from './decoder.js';

/** What following control flow needs to know beyond the bytes. */
export interface FlowFacts {
  /**
   * Where a direct branch or call goes, as an offset in the same bytes: `encoded` is what its own bytes say, `end` the offset behind it.
   * Undefined when it leaves the bytes, or when that cannot be told.
   */
  target(encoded: number, end: number): number | undefined;
  /** Whether a direct call with this target (as `target` gave it) comes back to the instruction behind it. */
  returns(target: number | undefined): boolean;
}

const BEGINS = 1;
const COVERED = 2;
const CONTESTED = 4;

/**
 * The code that is reached from given entries by falling through and by direct branches and calls. As far as the entries are code, all of
 * it is: bytes that only look like code, because a table of data stands between functions, are not in it. Indirect jumps lead
 * nowhere: their targets must be among the entries.
 */
export class ReachedCode {
  /** Offsets of the indirect jumps. */
  readonly indirectJumps: readonly number[];
  /** Where direct branches and calls go, be it the middle of an instruction. */
  readonly targets: ReadonlySet<number>;
  readonly #marks: Uint8Array;

  constructor(bytes: Uint8Array, entries: Iterable<number>, facts: FlowFacts) {
    const { Decoder, DecoderOptions, FlowControl, Instruction } = iced();
    const stops = new Set([FlowControl.UnconditionalBranch, FlowControl.Return, FlowControl.Exception]);
    const indirectJumps: number[] = [];
    const targets = new Set<number>();
    const open = [...entries];
    this.#marks = new Uint8Array(bytes.length);
    const decoder = new Decoder(64, bytes, DecoderOptions.None);
    const instruction = new Instruction();

    /** Decodes the instruction at the decoder's position; returns whether control goes on behind it. */
    const step = (offset: number): boolean => {
      decoder.decodeOut(instruction);
      if (instruction.isInvalid) return false;
      const end = offset + instruction.length;
      this.#mark(offset, end);
      const flow = instruction.flowControl;
      if (flow === FlowControl.Next) return true;
      if (flow === FlowControl.IndirectBranch) {
        indirectJumps.push(offset);
        return false;
      }
      const encoded = directTarget(instruction);
      if (encoded === undefined) return !stops.has(flow);
      const target = facts.target(encoded, end);
      if (target !== undefined) {
        targets.add(target);
        open.push(target);
      }
      return flow === FlowControl.Call ? facts.returns(target) : !stops.has(flow);
    };

    try {
      for (let start = open.pop(); start !== undefined; start = open.pop()) {
        if (start < 0 || start >= bytes.length || this.begins(start)) continue;
        decoder.position = start;
        decoder.ip = BigInt(start);
        let offset = start;
        while (offset < bytes.length && !this.begins(offset) && step(offset)) offset = decoder.position;
      }
    } finally {
      instruction.free();
      decoder.free();
    }
    this.indirectJumps = indirectJumps;
    this.targets = targets;
  }

  /** Whether an instruction that begins at this offset is reached. */
  begins(offset: number): boolean {
    return ((this.#marks[offset] ?? 0) & BEGINS) !== 0;
  }

  /** Whether any byte from `start` up to `end` belongs to two instructions, one of which begins inside the other. */
  isContested(start: number, end: number): boolean {
    return this.#marks.subarray(start, end).some((mark) => (mark & CONTESTED) !== 0);
  }

  #mark(start: number, end: number): void {
    for (let at = start; at < end; at++) {
      const mark = this.#marks[at] ?? 0;
      this.#marks[at] = (mark & COVERED) === 0 ? mark | COVERED : mark | CONTESTED;
    }
    this.#marks[start] = (this.#marks[start] ?? 0) | BEGINS;
  }
}
