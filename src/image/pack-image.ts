import { ELF_HEADER_SIZE, PF, PROGRAM_HEADER_SIZE, PT } from '../elf/index.js';
import { imageErrors, UklError, type Diagnostic } from '../errors/index.js';
import type { BootParts } from './boot-parts.js';
import { wrapPayload } from './boot-stub.js';
import { checkCmdline } from './cmdline.js';
import { fillSlot, planSlot, type SlotPlan } from './graft.js';
import { IMAGE_NOTE_SIZE, writeImageNote } from './image-note.js';
import { findMoveConflict } from './moves.js';
import { alignUp } from '../elf/bytes.js';
import { HEADER_AREA, LOAD_ALIGN, PAGE_SIZE } from './payload-layout.js';
import { writeElfHeaders, type ProgramHeader } from './program-headers.js';
import { bootRelocsSize, NO_RELOCS, readBootRelocs, writeBootRelocs } from './relocs.js';
import { MAX_CMDLINE, type ImageContent } from './types.js';

/** The part of the payload that a link makes: everything from the slot's first byte on. */
interface Tail {
  readonly bytes: Uint8Array;
  /** Offset of the command line in it; undefined when the image has none of its own. */
  readonly cmdlineAt?: number;
  readonly relocsAt: number;
}

function checkCmdlineFor(parts: BootParts, cmdline: string | undefined): Diagnostic[] {
  if (cmdline === undefined) return [];
  const limit = Math.min(MAX_CMDLINE, parts.cmdline?.size ?? MAX_CMDLINE);
  const unsupported = parts.cmdline === undefined ? [imageErrors.cmdlineUnsupported()] : [];
  return [...unsupported, ...checkCmdline(cmdline, limit)];
}

/** Slot content, command line, relocations: relocations last, because the boot stub reads them from the end. */
function makeTail(parts: BootParts, content: ImageContent, plan: SlotPlan): Tail {
  const withCmdline = content.cmdline !== undefined && parts.cmdline !== undefined;
  const cmdlineAt = plan.size;
  const relocsAt = cmdlineAt + (withCmdline ? parts.cmdline.size : 0);
  const tables = [readBootRelocs(parts.relocs).relocs, content.program?.relocs ?? NO_RELOCS];
  const bytes = new Uint8Array(relocsAt + bootRelocsSize(...tables));
  fillSlot(bytes, plan);
  if (withCmdline) new TextEncoder().encodeInto(content.cmdline, bytes.subarray(cmdlineAt));
  writeBootRelocs(bytes.subarray(relocsAt), tables);
  return { bytes, relocsAt, ...(withCmdline ? { cmdlineAt } : {}) };
}

/** The payload's program headers, in the order in which the boot stub moves the segments. */
function payloadHeaders(parts: BootParts, plan: SlotPlan, tail: Tail): ProgramHeader[] {
  const { slot, layout } = parts;
  const headers: ProgramHeader[] = [...parts.loads];
  if (tail.cmdlineAt !== undefined && parts.cmdline !== undefined) {
    // Behind the kernel's own, since it replaces bytes that one of them brings.
    headers.push({
      type: PT.LOAD,
      flags: PF.R | PF.W,
      offset: layout.tailStart + tail.cmdlineAt,
      vaddr: parts.cmdline.vaddr,
      paddr: BigInt(parts.cmdline.paddr),
      fileSize: parts.cmdline.size,
      memSize: parts.cmdline.size,
      align: LOAD_ALIGN,
    });
  }
  for (const piece of plan.pieces) {
    headers.push({
      type: PT.LOAD,
      flags: piece.flags,
      offset: layout.tailStart + piece.offset,
      vaddr: slot.vaddr + BigInt(piece.offset),
      paddr: BigInt(slot.paddr + piece.offset),
      fileSize: piece.size,
      memSize: piece.size,
      align: LOAD_ALIGN,
    });
  }
  headers.push({
    type: PT.NOTE,
    flags: PF.R,
    offset: ELF_HEADER_SIZE + (headers.length + 1) * PROGRAM_HEADER_SIZE,
    vaddr: 0n,
    paddr: 0n,
    fileSize: IMAGE_NOTE_SIZE,
    memSize: IMAGE_NOTE_SIZE,
    align: 4,
  });
  return headers;
}

/** The header area without the zeros at its end. */
function makeHeader(
  parts: BootParts,
  headers: readonly ProgramHeader[],
  kit: string | undefined,
): Uint8Array {
  const noteAt = ELF_HEADER_SIZE + headers.length * PROGRAM_HEADER_SIZE;
  const header = new Uint8Array(noteAt + IMAGE_NOTE_SIZE);
  // The zeros that end the area take part in its encoding.
  if (header.length + 8 > HEADER_AREA)
    throw new UklError(imageErrors.programNotForSlot(`it has too many segments (${headers.length})`));
  writeElfHeaders(header, parts.entry, headers);
  writeImageNote(header.subarray(noteAt), {
    slot: parts.slot,
    cmdlinePaddr: parts.cmdline?.paddr ?? 0,
    ...(kit === undefined ? {} : { kit }),
  });
  return header;
}

function checkMoves(parts: BootParts, headers: readonly ProgramHeader[], tail: Tail): void {
  const moves = headers
    .filter((header) => header.type === PT.LOAD)
    .map((header) => ({
      from: header.offset,
      to: Number(header.paddr) - parts.loadPhysicalAddr,
      size: header.fileSize,
    }));
  const conflict = findMoveConflict(moves, {
    start: parts.layout.tailStart + tail.relocsAt,
    end: parts.layout.tailStart + tail.bytes.length,
  });
  if (conflict === undefined) return;
  const victim = conflict.victim === 'relocations' ? 'the relocations' : `segment ${conflict.victim}`;
  throw new UklError(imageErrors.movesCollide(`moving segment ${conflict.move} overwrites ${victim}`));
}

/** The compressed payload in pieces, padded to whole pages, its uncompressed size in the last four bytes. */
function compressPayload(parts: BootParts, header: Uint8Array, tail: Tail): Uint8Array[] {
  const outputSize = parts.layout.tailStart + tail.bytes.length;
  const pieces = parts.codec.compress({ header, kernel: parts.kernel, tail: tail.bytes, size: outputSize });
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  // At least four zeros: as an LZ4 block's length they end the stream.
  const padded = alignUp(size + 8, PAGE_SIZE);
  const end = new Uint8Array(padded - size);
  new DataView(end.buffer).setUint32(end.length - 4, outputSize, true);
  return [...pieces, end];
}

/**
 * Makes a bootable bzImage of a kit's kernel, a program in its slot, an initramfs behind the program and a default
 * command line. Needs no tool and no file; the time it takes is that of compressing what the link brings.
 *
 * @throws UklError (all problems of the content at once): UKL3001 … UKL3009, UKL3013
 */
export function packImage(parts: BootParts, content: ImageContent): Uint8Array {
  const problems = checkCmdlineFor(parts, content.cmdline);
  let plan: SlotPlan;
  try {
    plan = planSlot(parts.slot, content);
  } catch (error) {
    if (error instanceof UklError) throw new UklError([...problems, ...error.diagnostics], { cause: error });
    throw error;
  }
  if (problems.length > 0) throw new UklError(problems);

  const tail = makeTail(parts, content, plan);
  const headers = payloadHeaders(parts, plan, tail);
  checkMoves(parts, headers, tail);
  const payload = compressPayload(parts, makeHeader(parts, headers, content.kit), tail);
  return wrapPayload(parts.stub, parts.stubBytes, payload, parts.layout.tailStart + tail.bytes.length);
}
