import {
  DW_EH_PE,
  R_X86_64,
  advanceLocation,
  cfaOperations,
  encodedSize,
  type CfaOperation,
  type Cie,
  type EhFrame,
  type ElfEdit,
} from '../../elf/index.js';
import { UklError } from '../../errors/index.js';
import type { ProvenCode } from './object-code.js';
import type { NativeReason } from './site.js';
import type { Stub } from './stub.js';
import type { FoundFde, Unwinding } from './unwinding.js';
import type { Window } from './window.js';

/** How to unwind from a stub: like from the code it displaces. */
export interface StubFrame extends FoundFde {
  /** The CFA program's operations up to the site, at places of the original code counted from the start of the section. */
  readonly operations: readonly CfaOperation[];
}

/** Relocations for the address of what an FDE describes, by the CIE's encoding. */
const ADDRESS_RELOCATIONS: ReadonlyMap<number, number> = new Map([
  [DW_EH_PE.pcrel | DW_EH_PE.sdata4, R_X86_64.PC32],
  [DW_EH_PE.pcrel | DW_EH_PE.sdata8, R_X86_64.PC64],
  [DW_EH_PE.absptr, R_X86_64[64]],
  [DW_EH_PE.udata4, R_X86_64[32]],
  [DW_EH_PE.sdata4, R_X86_64['32S']],
]);

/** What unwinds a window's stub; undefined for code that nothing describes; or why the stub cannot be described. */
export function stubFrame(
  unwinding: Unwinding,
  { section, table }: ProvenCode,
  { first, site }: Window,
): StubFrame | undefined | NativeReason {
  if (!unwinding.isUnderstood) return 'unwind';
  const start = table.offset(first);
  // The syscall itself may have been left out: around clone() the child's row would be wrong.
  const end = table.offset(site);
  const [found, another] = unwinding.fdesOf(section.index, start, end);
  if (found === undefined) return undefined;
  const { frame, fde } = found;
  const { cie, begin, size } = fde;
  if (another !== undefined || begin.offset > start || begin.offset + size < end) return 'unwind';
  if (fde.isRelocated || cie.codeAlign !== 1 || !ADDRESS_RELOCATIONS.has(cie.addressEncoding))
    return 'unwind';
  const callSites = unwinding.callSites(fde);
  if (callSites === undefined) return 'unwind';
  // The stub's frame has no call sites of its own: nothing in it may be thrown to a landing pad.
  const isCaught = callSites.some(
    (call) =>
      call.landingPad !== undefined &&
      begin.offset + call.start <= end &&
      start < begin.offset + call.start + call.size,
  );
  if (isCaught) return 'landing-pad';
  const operations = operationsUpTo(found, end);
  if (operations === undefined) return 'unwind';
  const boundaries = new Set<number>();
  for (let index = first; index <= site; index++) boundaries.add(table.offset(index));
  const isAtInstruction = operations.every(({ location }) => location <= start || boundaries.has(location));
  return isAtInstruction ? { frame, fde, operations } : 'unwind';
}

function operationsUpTo({ frame, fde }: FoundFde, end: number): CfaOperation[] | undefined {
  try {
    return cfaOperations(fde.program, fde.cie.codeAlign, frame.section.place)
      .map(({ location, bytes }) => ({ location: fde.begin.offset + location, bytes }))
      .filter(({ location }) => location <= end);
  } catch (error) {
    if (error instanceof UklError) return undefined;
    throw error;
  }
}

/** Adds FDEs to a .eh_frame section, in front of its terminator if it has one. */
export class FrameWriter {
  readonly #edit: ElfEdit;
  readonly #frame: EhFrame;
  readonly #terminator: Uint8Array;

  constructor(edit: ElfEdit, frame: EhFrame) {
    this.#edit = edit;
    this.#frame = frame;
    const section = edit.section(frame.section.index);
    const contents = new Uint8Array(section.contents);
    this.#terminator = contents.subarray(frame.end);
    section.setContents(contents.subarray(0, frame.end));
  }

  /** Adds the FDE of a stub, which `symbol` (a handle) names. */
  add(frame: StubFrame, stub: Stub, symbol: number): void {
    const { cie } = frame.fde;
    const section = this.#edit.section(this.#frame.section.index);
    const start = section.size;
    const bytes = fdeBytes(start, cie, stub.bytes.length, stubProgram(frame, stub));
    section.append(bytes);
    const type = ADDRESS_RELOCATIONS.get(cie.addressEncoding) ?? R_X86_64.NONE;
    this.#edit.relocations(section).add({ offset: start + 8, type, symbol, addend: 0 });
  }

  finish(): void {
    this.#edit.section(this.#frame.section.index).append(this.#terminator);
  }
}

/**
 * The stub's CFA program. What the original does before the window it does at once: only the last row counts. What it does inside the
 * window takes effect at the same instructions in the stub.
 */
function stubProgram({ operations }: StubFrame, { places, start }: Stub): number[] {
  const program: number[] = [];
  let location = start;
  for (const operation of operations) {
    const place = places.get(operation.location) ?? start;
    if (place > location) program.push(advanceLocation(place - location));
    location = Math.max(location, place);
    program.push(...operation.bytes);
  }
  return program;
}

/** A whole FDE to stand at offset `at` of .eh_frame, the address of its code left to a relocation, the next record 8-byte aligned. */
function fdeBytes(at: number, cie: Cie, codeSize: number, program: readonly number[]): Uint8Array {
  const addressSize = encodedSize(cie.addressEncoding) ?? 0;
  // No language-specific data: a null pointer says so.
  const lsda = cie.lsdaEncoding === DW_EH_PE.omit ? 0 : (encodedSize(cie.lsdaEncoding) ?? 0);
  const head = 8 + 2 * addressSize + (cie.hasAugmentation ? 1 + lsda : 0);
  const end = (at + head + program.length + 7) & ~7;
  const bytes = new Uint8Array(end - at);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length - 4, true);
  view.setUint32(4, at + 4 - cie.offset, true);
  view.setUint32(8 + addressSize, codeSize, true);
  if (cie.hasAugmentation) bytes[8 + 2 * addressSize] = lsda;
  bytes.set(program, head);
  return bytes;
}
