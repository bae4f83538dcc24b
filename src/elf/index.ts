/**
 * Reader, model and writer of x86-64 ELF files and ar archives (`ukl-link/elf`).
 *
 * Reading is lazy: `readElf` checks the headers and returns accessors over the bytes given; nothing is copied. Offsets, sizes and
 * indexes are numbers, addresses and values that use all 64 bits are bigints. Every problem is a `UklError` whose
 * diagnostics (UKL1001 and up) say file, member, section and offset. docs/elf.md is the introduction.
 */
export type { Origin } from './bytes.js';
export * from './constants.js';
export { R_X86_64, relocationFieldSize, relocationTypeName } from './relocation-types.js';
export { BITCODE_MAGIC, identify, type FileKind } from './identify.js';
export { ElfFile, readElf } from './elf-file.js';
export type { ElfHeader } from './header.js';
export { Section } from './section.js';
export { Segment } from './segment.js';
export { StringTable } from './string-table.js';
export { ElfSymbol, SymbolTable } from './symbol-table.js';
export { RelocationTable } from './relocation-table.js';
export { notesOf, notesOfSection, notesOfSegment, type Note } from './notes.js';
export { readGroups, type SectionGroup } from './groups.js';
export {
  SymbolVersions,
  readVersions,
  type SymbolVersion,
  type VersionDefinition,
  type VersionNeed,
} from './versions.js';
export { DynamicTable, bytesAtAddress, readDynamic, relrAddresses } from './dynamic.js';
export { compressionOf, unpackedContents, type Compression } from './compression.js';
export { mergeablePieceAt, mergeablePieces, type MergeablePiece } from './mergeable.js';
export { ElfEdit, type NewSection, type SegmentChange } from './edit/elf-edit.js';
export { SectionEdit } from './edit/section-edit.js';
export { SymbolEdit, type NewSymbol, type SymbolSection } from './edit/symbol-edit.js';
export { RelocationEdit, type NewRelocation } from './edit/relocation-edit.js';
export { emptyObject } from './edit/empty-object.js';
export { verifyElf } from './verify.js';
export {
  Archive,
  ArchiveMember,
  readArchive,
  type ArchiveFormat,
  type SpecialKind,
  type SpecialMember,
} from './ar/archive.js';
export type { ArHeader } from './ar/header.js';
export type { ArchiveSymbol } from './ar/index-reader.js';
export { rewrittenMember, writeArchive, type ArchiveOptions, type NewMember } from './ar/write.js';
export { indexedSymbols } from './ar/index-writer.js';
export * from './unwind/index.js';
