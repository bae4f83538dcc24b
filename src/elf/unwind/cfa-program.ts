import type { Place } from '../../errors/index.js';
import { Cursor } from './cursor.js';

/** An operation of a CFA program that changes the row for the code from `location` on. */
export interface CfaOperation {
  /** Offset in the code, counted from where the program's FDE begins. */
  readonly location: number;
  readonly bytes: Uint8Array;
}

type Operand = 'leb' | 'block';

/** DW_CFA codes without operands in the opcode byte, and their operands (DWARF 5, table 7.29; LSB for the GNU ones). */
const OPERANDS: Readonly<Record<number, readonly Operand[]>> = {
  0x05: ['leb', 'leb'], // offset_extended
  0x06: ['leb'], // restore_extended
  0x07: ['leb'], // undefined
  0x08: ['leb'], // same_value
  0x09: ['leb', 'leb'], // register
  0x0a: [], // remember_state
  0x0b: [], // restore_state
  0x0c: ['leb', 'leb'], // def_cfa
  0x0d: ['leb'], // def_cfa_register
  0x0e: ['leb'], // def_cfa_offset
  0x0f: ['block'], // def_cfa_expression
  0x10: ['leb', 'block'], // expression
  0x11: ['leb', 'leb'], // offset_extended_sf
  0x12: ['leb', 'leb'], // def_cfa_sf
  0x13: ['leb'], // def_cfa_offset_sf
  0x14: ['leb', 'leb'], // val_offset
  0x15: ['leb', 'leb'], // val_offset_sf
  0x16: ['leb', 'block'], // val_expression
  0x2e: ['leb'], // GNU_args_size
  0x2f: ['leb', 'leb'], // GNU_negative_offset_extended
};

const ADVANCE: Readonly<Record<number, 'u8' | 'u16' | 'u32'>> = { 0x02: 'u8', 0x03: 'u16', 0x04: 'u32' };

const DW_CFA_ADVANCE_LOC = 0x40;
const DW_CFA_OFFSET = 0x80;
const DW_CFA_RESTORE = 0xc0;

/**
 * The operations of a CFA program, each with where in the code it takes effect; advances and padding are left out. `codeAlign` is the
 * CIE's. Throws UKL1027 for an operation that is not known (DW_CFA_set_loc among them, which compilers do not use).
 */
export function cfaOperations(program: Uint8Array, codeAlign: number, place: Place): CfaOperation[] {
  const cursor = new Cursor(program, place);
  const operations: CfaOperation[] = [];
  let location = 0;
  while (!cursor.atEnd) {
    const start = cursor.offset;
    const opcode = cursor.u8();
    const width = ADVANCE[opcode];
    const kind = opcode & 0xc0;
    if (opcode === 0) continue;
    if (kind === DW_CFA_ADVANCE_LOC) {
      location += (opcode & 0x3f) * codeAlign;
    } else if (width !== undefined) {
      location += cursor[width]() * codeAlign;
    } else {
      skipOperands(cursor, opcode, kind);
      operations.push({ location, bytes: program.subarray(start, cursor.offset) });
    }
  }
  return operations;
}

/** DW_CFA_advance_loc by `delta` bytes of code; 0 < delta < 64, in a program whose code alignment factor is 1. */
export function advanceLocation(delta: number): number {
  return DW_CFA_ADVANCE_LOC | delta;
}

function skipOperands(cursor: Cursor, opcode: number, kind: number): void {
  if (kind === DW_CFA_OFFSET) cursor.skipLeb();
  if (kind === DW_CFA_OFFSET || kind === DW_CFA_RESTORE) return;
  const operands = OPERANDS[opcode];
  if (operands === undefined) throw cursor.refuse(`unknown operation 0x${opcode.toString(16)}`);
  for (const operand of operands) {
    if (operand === 'leb') cursor.skipLeb();
    else cursor.skip(cursor.uleb());
  }
}
