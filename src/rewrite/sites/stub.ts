import type { RelocationAt } from '../../elf/index.js';
import { directTarget, lookAt } from '../../x86/index.js';
import type { ProvenCode } from './object-code.js';
import { JUMP_SIZE, conditionOf, type Window } from './window.js';

/** The code that a site's jump leads to. All offsets are in the section that the stub stands at the end of. */
export interface Stub {
  readonly start: number;
  readonly bytes: Uint8Array;
  /** Where each displaced instruction, and at last the `syscall`, begins: in its old place and in the stub. */
  readonly places: ReadonlyMap<number, number>;
  /** Relocations that move with their instructions, and their new offsets. */
  readonly moved: readonly { readonly relocation: RelocationAt; readonly offset: number }[];
  /** Offset of the 32-bit distance of the jump to the kernel's entry. */
  readonly entryField: number;
}

/**
 * The stub of a window, to stand at `start`: the displaced instructions, then what the kernel's entry wants of one who does not come by `syscall`:
 * the return address in RCX, no more.
 */
export function buildStub(code: ProvenCode, window: Window, start: number): Stub {
  const { table, relocations } = code;
  const bytes: number[] = [];
  const places = new Map<number, number>();
  const moved: { relocation: RelocationAt; offset: number }[] = [];
  const here = (): number => start + bytes.length;

  for (let index = window.first; index < window.site; index++) {
    const from = table.offset(index);
    const to = here();
    places.set(from, to);
    const old = table.bytes.subarray(from, table.end(index));
    let isRelocated = false;
    for (let at = 0; at < old.length; at++) {
      const relocation = relocations.get(from + at);
      if (relocation === undefined) continue;
      isRelocated = true;
      moved.push({ relocation, offset: to + at });
    }
    bytes.push(...(isRelocated ? old : moveInstruction(table.bytes, from, to)));
  }
  const site = table.offset(window.site);
  places.set(site, here());
  // lea RETURN(%rip),%rcx
  bytes.push(0x48, 0x8d, 0x0d, ...le32(table.end(window.site) - (here() + 7)));
  const entryField = here() + 1;
  bytes.push(0xe9, 0, 0, 0, 0);
  return { start, bytes: Uint8Array.from(bytes), places, moved, entryField };
}

/** What takes the window's place: a jump to the stub, and for the bytes left over, which nothing executes, `int3`. */
export function windowPatch(code: ProvenCode, window: Window, stub: Stub): Uint8Array {
  const start = code.table.offset(window.first);
  const patch = new Uint8Array(code.table.offset(window.site) - start).fill(0xcc);
  patch.set([0xe9, ...le32(stub.start - (start + JUMP_SIZE))]);
  return patch;
}

/** An instruction without relocations, moved: what it says relative to its own place says the same at the new one. */
function moveInstruction(bytes: Uint8Array, from: number, to: number): number[] {
  return lookAt(bytes, from, (instruction, decoder) => {
    const old = [...bytes.subarray(from, from + instruction.length)];
    if (instruction.isIpRelMemoryOperand) {
      const constants = decoder.getConstantOffsets(instruction);
      const target = Number(BigInt.asIntN(64, instruction.ipRelMemoryAddress));
      old.splice(constants.displacementOffset, 4, ...le32(target - (to + instruction.length)));
      constants.free();
      return old;
    }
    const target = directTarget(instruction);
    const condition = conditionOf(bytes.subarray(from));
    if (target === undefined || condition === undefined) return old;
    return [0x0f, 0x80 | condition, ...le32(target - (to + 6))];
  });
}

function le32(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];
}
