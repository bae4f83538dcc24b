import { UklError, elfErrors } from '../errors/index.js';
import { unpackedContents } from './compression.js';
import { SHF } from './constants.js';
import type { Section } from './section.js';

/** One string or constant of a SHF_MERGE section: bytes [start, end), a string's terminator included. */
export interface MergeablePiece {
  readonly start: number;
  readonly end: number;
}

/**
 * The pieces of a SHF_MERGE section in order: strings of characters of sh_entsize bytes with SHF_STRINGS, else constants of
 * sh_entsize bytes. `bytes` are the contents, unpacked. Throws UKL1025 when the section does not end with a whole piece.
 */
export function* mergeablePieces(
  section: Section,
  bytes = unpackedContents(section),
): IterableIterator<MergeablePiece> {
  let start = 0;
  while (start < bytes.length) {
    const piece = pieceFrom(section, bytes, start);
    yield piece;
    start = piece.end;
  }
}

/**
 * The piece that a byte offset lies in, as a relocation against the section's symbol names it. A linker may move each piece
 * on its own, so such an offset means "this piece, plus the rest". Throws UKL1025 beyond the section.
 */
export function mergeablePieceAt(
  section: Section,
  offset: number,
  bytes = unpackedContents(section),
): MergeablePiece {
  if (offset < 0 || offset >= bytes.length) {
    throw new UklError(elfErrors.badMergedStrings(section.place, offset, 'no piece is there'));
  }
  const unit = unitOf(section);
  let start = offset - (offset % unit);
  if (section.has(SHF.STRINGS)) {
    while (start > 0 && !isZero(bytes, start - unit, unit)) start -= unit;
  }
  return pieceFrom(section, bytes, start);
}

function pieceFrom(section: Section, bytes: Uint8Array, start: number): MergeablePiece {
  const unit = unitOf(section);
  let end = start + unit;
  if (section.has(SHF.STRINGS)) {
    while (end <= bytes.length && !isZero(bytes, end - unit, unit)) end += unit;
  }
  if (end > bytes.length) {
    throw new UklError(elfErrors.badMergedStrings(section.place, start, 'the last piece is cut short'));
  }
  return { start, end };
}

function unitOf(section: Section): number {
  return Math.max(1, section.entrySize);
}

function isZero(bytes: Uint8Array, at: number, count: number): boolean {
  for (let i = at; i < at + count; i++) if (bytes[i] !== 0) return false;
  return true;
}
