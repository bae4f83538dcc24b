import { forEachInstruction, iced } from '../x86/index.js';
import { address, type CodeReport, type KernelEntry } from './report.js';

/** Executable bytes and the address of their first, 0 in an object. */
export interface CodePiece {
  readonly bytes: Uint8Array;
  readonly address: bigint;
}

/** The kernel's image in memory: jumps into it leave the program. */
export interface KernelRange {
  readonly start: bigint;
  readonly end: bigint;
  /** Name of the symbol at an address, if it is known. */
  readonly symbolAt: (address: bigint) => string | undefined;
}

const SYSCALL = Buffer.from([0x0f, 0x05]);

/** Number of `syscall` instructions. The decoder is loaded only for bytes that can hold one. */
export function countSyscalls(bytes: Uint8Array): number {
  if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(SYSCALL) === -1) return 0;
  let count = 0;
  const { Code } = iced();
  forEachInstruction(bytes, ({ code }) => {
    if (code === Code.Syscall) count++;
  });
  return count;
}

/** What code does that matters in ring 0; ways into the kernel are looked for when its place is given. */
export function codeReport(pieces: readonly CodePiece[], kernel?: KernelRange): CodeReport {
  const size = pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (kernel === undefined) {
    const syscalls = pieces.reduce((sum, { bytes }) => sum + countSyscalls(bytes), 0);
    return { size, syscalls, kernelEntries: [] };
  }
  let syscalls = 0;
  const counts = new Map<bigint, number>();
  const { Code, OpKind } = iced();
  for (const { bytes, address: base } of pieces) {
    forEachInstruction(bytes, (instruction) => {
      if (instruction.code === Code.Syscall) syscalls++;
      if (instruction.op0Kind !== OpKind.NearBranch64) return;
      const target = BigInt.asUintN(64, base + instruction.nearBranchTarget);
      if (target >= kernel.start && target < kernel.end) counts.set(target, (counts.get(target) ?? 0) + 1);
    });
  }
  const kernelEntries = [...counts]
    .map(([target, count]): KernelEntry => {
      const symbol = kernel.symbolAt(target);
      return { address: address(target), count, ...(symbol === undefined ? {} : { symbol }) };
    })
    .sort((a, b) => b.count - a.count);
  return { size, syscalls, kernelEntries };
}
