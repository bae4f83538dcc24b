import { UklError, elfErrors, type Place } from '../errors/index.js';
import { alignUp, viewOf } from './bytes.js';
import { PT, SHT } from './constants.js';
import type { ElfFile } from './elf-file.js';
import type { Section } from './section.js';
import type { Segment } from './segment.js';

/** One note (gABI, "Note Section"). */
export interface Note {
  /** Owner's name without its NUL: `GNU`, `stapsdt`, … */
  readonly owner: string;
  readonly type: number;
  /** A view, not a copy. */
  readonly descriptor: Uint8Array;
  /** Byte offset of the note's header within its section or segment. */
  readonly offset: number;
}

const NOTE_HEADER_SIZE = 12;

/** The notes of a SHT_NOTE section. Throws UKL1019 when one does not lie within it. */
export function notesOfSection(section: Section): Note[] {
  return readNotes(section.contents, section.align, section.place);
}

/** The notes of a PT_NOTE segment. Throws UKL1019 when one does not lie within it. */
export function notesOfSegment(segment: Segment): Note[] {
  return readNotes(segment.contents, segment.align, segment.elf.origin);
}

/** All notes of a file: of its SHT_NOTE sections, or of its PT_NOTE segments when it has no sections. */
export function notesOf(elf: ElfFile): Note[] {
  return elf.sections.length > 0
    ? elf.sections.filter((s) => s.type === SHT.NOTE).flatMap(notesOfSection)
    : elf.segments.filter((s) => s.type === PT.NOTE).flatMap(notesOfSegment);
}

/**
 * Notes are words of 4 bytes also in ELF64; only those of an 8-byte aligned container (.note.gnu.property) align owner and
 * descriptor to 8 bytes.
 */
function readNotes(bytes: Uint8Array, containerAlign: number, place: Place): Note[] {
  const align = containerAlign === 8 ? 8 : 4;
  const view = viewOf(bytes);
  const notes: Note[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const bad = (why: string): UklError => new UklError(elfErrors.badNote(place, offset, why));
    if (offset + NOTE_HEADER_SIZE > bytes.length) throw bad('its header is cut short');
    const nameSize = view.getUint32(offset, true);
    const descriptorSize = view.getUint32(offset + 4, true);
    const nameAt = offset + NOTE_HEADER_SIZE;
    const descriptorAt = alignUp(nameAt + nameSize, align);
    if (nameAt + nameSize > bytes.length) throw bad(`its owner's name of ${nameSize} bytes is cut short`);
    if (descriptorSize > 0 && descriptorAt + descriptorSize > bytes.length) {
      throw bad(`its descriptor of ${descriptorSize} bytes is cut short`);
    }
    notes.push({
      owner: Buffer.from(bytes.buffer, bytes.byteOffset + nameAt, nameSize)
        .toString('utf8')
        .replace(/\0+$/, ''),
      type: view.getUint32(offset + 8, true),
      descriptor: bytes.subarray(descriptorAt, descriptorAt + descriptorSize),
      offset,
    });
    offset = alignUp(descriptorAt + descriptorSize, align);
  }
  return notes;
}
