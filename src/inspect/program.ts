import { NT_GNU, PF, PT, notesOf, readDynamic, type ElfFile, type Note, type Segment } from '../elf/index.js';
import { PT_UKL_INITRAMFS } from '../image/program-headers.js';
import { describeLinked } from '../inputs/linkable.js';
import { codeReport, type KernelRange } from './code.js';
import { executableSections, sectionSizes } from './object.js';
import { address, type LinkedElf, type MemorySizes, type NoteReport, type SegmentReport } from './report.js';

/** Everything about a linked ELF file, found in an image or as a file of its own. */
export function programReport(elf: ElfFile, kernel?: KernelRange): LinkedElf {
  const dynamic = readDynamic(elf);
  const interpreter = elf.segments.find(({ type }) => type === PT.INTERP);
  const tls = elf.segments.find(({ type }) => type === PT.TLS);
  const stack = elf.segments.find(({ type }) => type === PT.GNU_STACK);
  return {
    what: describeLinked(elf),
    entry: address(elf.header.entry),
    ...(interpreter === undefined ? {} : { interpreter: text(interpreter.contents) }),
    needed: dynamic?.needed ?? [],
    memory: elf.sections.length > 0 ? sectionSizes(elf) : segmentSizes(elf),
    segments: elf.segments.map(segmentReport),
    ...(tls === undefined ? {} : { tls: { size: tls.memorySize, fileSize: tls.fileSize, align: tls.align } }),
    executableStack: stack !== undefined && (stack.flags & PF.X) !== 0,
    notes: notesOf(elf).map(noteReport),
    sections: elf.sections.length,
    symbols: (elf.symbols ?? elf.dynamicSymbols)?.length ?? 0,
    code: codeReport(codeOf(elf), kernel),
  };
}

/** Sections where there are some: a segment also holds what is between them. */
function codeOf(elf: ElfFile) {
  const sections = executableSections(elf);
  return sections.length > 0
    ? sections.map((section) => ({ bytes: section.contents, address: section.address }))
    : elf.segments
        .filter(({ type, flags }) => type === PT.LOAD && (flags & PF.X) !== 0)
        .map((segment) => ({ bytes: segment.contents, address: segment.virtualAddress }));
}

function segmentSizes(elf: ElfFile): MemorySizes {
  const sizes = { text: 0, data: 0, bss: 0 };
  for (const { type, flags, fileSize, memorySize } of elf.segments) {
    if (type !== PT.LOAD) continue;
    sizes[(flags & PF.W) === 0 ? 'text' : 'data'] += fileSize;
    sizes.bss += memorySize - fileSize;
  }
  return sizes;
}

function segmentReport(segment: Segment): SegmentReport {
  const { offset, virtualAddress, fileSize, memorySize, flags, align } = segment;
  const letters = [
    [PF.R, 'R'],
    [PF.W, 'W'],
    [PF.X, 'E'],
  ] as const;
  return {
    type: segment.type === PT_UKL_INITRAMFS ? 'PT_UKL_INITRAMFS' : segment.typeName,
    offset,
    address: address(virtualAddress),
    fileSize,
    memorySize,
    flags: letters.map(([bit, letter]) => ((flags & bit) === 0 ? ' ' : letter)).join(''),
    align,
  };
}

function noteReport({ owner, type, descriptor }: Note): NoteReport {
  const isBuildId = owner === 'GNU' && type === NT_GNU.BUILD_ID;
  const known = isBuildId ? { text: `build ID ${Buffer.from(descriptor).toString('hex')}` } : {};
  return { owner, type, size: descriptor.length, ...known };
}

/** A string up to its NUL. */
function text(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('utf8')
    .replace(/\0[^]*$/, '');
}
