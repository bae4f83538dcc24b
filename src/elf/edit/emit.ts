import { setU64, u64AsNumber, viewOf } from '../bytes.js';
import { SECTION_HEADER_SIZE, SHN } from '../constants.js';
import type { ElfEdit } from './elf-edit.js';
import { SECTION_HEADERS, type Layout } from './layout.js';

/** Changed parts of the headers. */
export interface HeaderChanges {
  readonly programHeaders: Uint8Array | undefined;
  readonly entry: bigint | undefined;
}

/** Writes the file that `layout` describes. */
export function emit(edit: ElfEdit, layout: Layout, changes: HeaderChanges): Uint8Array {
  const out = new Uint8Array(layout.size);
  copyUnchanged(edit, layout, out);
  for (const part of layout.chunks) {
    if (part.section === undefined || part.section === SECTION_HEADERS) continue;
    const section = edit.touched(part.section);
    if (section?.isReplaced === true) out.set(section.contents, part.newStart);
  }
  if (changes.programHeaders !== undefined) out.set(changes.programHeaders, edit.elf.header.phoff);
  const view = viewOf(out);
  if (changes.entry !== undefined) view.setBigUint64(24, changes.entry, true);
  emitSectionHeaders(edit, layout, out, view);
  return out;
}

/**
 * Copies the old file's bytes in runs as long as possible: chunks that moved by the same distance, with the bytes between them.
 * The bytes around a chunk that changed its size are not part of any run; they stay zero.
 */
function copyUnchanged(edit: ElfEdit, layout: Layout, out: Uint8Array): void {
  const from = edit.elf.bytes;
  let start = 0;
  let end = 0;
  let shift = 0;
  const flush = (): void => {
    if (end > start) out.set(from.subarray(start, end), start + shift);
  };
  for (const { oldStart, oldEnd, newStart, size } of layout.chunks) {
    const sameSize = size === oldEnd - oldStart;
    if (sameSize && newStart - oldStart === shift) {
      end = Math.max(end, oldEnd);
      continue;
    }
    flush();
    // A chunk of another size was replaced: its bytes come from the edit, and a new run begins behind it.
    start = sameSize ? oldStart : oldEnd;
    end = oldEnd;
    shift = sameSize ? newStart - oldStart : Number.NaN;
  }
  flush();
}

function emitSectionHeaders(edit: ElfEdit, layout: Layout, out: Uint8Array, view: DataView): void {
  const { header } = edit.elf;
  if (edit.sectionCount === 0) return;
  const at = layout.sectionHeaders;
  const { changed } = edit.headers;
  if (changed !== undefined) out.set(changed, at);
  const setOffset = (section: number, offset: number): void => {
    const field = at + section * SECTION_HEADER_SIZE + 24;
    // An empty section may claim an offset beyond 2^53, which only stays exact when nobody writes it again.
    if (u64AsNumber(view, field) !== offset) setU64(view, field, offset);
  };
  for (const { section, newStart } of layout.chunks) {
    if (section !== undefined && section !== SECTION_HEADERS) setOffset(section, newStart);
  }
  for (const [section, offset] of layout.emptySections) setOffset(section, offset);
  setU64(view, 40, at);
  if (edit.sectionCount !== header.shnum) emitSectionCount(edit.sectionCount, view, at);
}

/** Counts that do not fit 16 bits go to section header 0 (gABI, "Extended section numbering"). */
function emitSectionCount(count: number, view: DataView, headersAt: number): void {
  const extended = count >= SHN.LORESERVE;
  view.setUint16(60, extended ? 0 : count, true);
  setU64(view, headersAt + 32, extended ? count : 0);
}
