import {
  ElfEdit,
  ET,
  identify,
  readArchive,
  readElf,
  rewrittenMember,
  writeArchive,
  type Archive,
  type ArchiveMember,
  type ElfFile,
  type Origin,
} from '../elf/index.js';
import { UklError } from '../errors/index.js';
import { prefixedName, prefixSymbols } from './prefix.js';

/** What is done to each object, in this order. A pass changes the edit and knows nothing of the others. */
const PASSES: readonly ((edit: ElfEdit) => void)[] = [prefixSymbols];

/** Raised whenever a pass changes what it writes: files rewritten by another version are not taken from the cache. */
export const REWRITE_VERSION = 1;

/** The rewritten object, as a new file. */
export function rewriteObject(elf: ElfFile): Uint8Array {
  const edit = new ElfEdit(elf);
  for (const pass of PASSES) pass(edit);
  return edit.write();
}

/**
 * The rewritten archive: every object in it rewritten, its index naming the symbols by their new names. `readThin` reads the
 * member of a thin archive; the result is never thin.
 */
export function rewriteArchive(
  archive: Archive,
  readThin: (member: ArchiveMember) => Uint8Array = (member) => member.data,
): Uint8Array {
  const names = new Map<ArchiveMember, string[]>();
  for (const { name, member } of archive.symbolIndex() ?? []) {
    const list = names.get(member);
    if (list === undefined) names.set(member, [prefixedName(name)]);
    else list.push(prefixedName(name));
  }
  const members = archive.members.map((member) => {
    const data = readThin(member);
    return rewrittenMember(member, rewriteMember(data, member.origin), names.get(member) ?? []);
  });
  return writeArchive(members, { origin: archive.origin });
}

/** The rewritten form of an input file's bytes. */
export function rewriteFile(
  bytes: Uint8Array,
  origin: Origin,
  readThin?: (member: ArchiveMember) => Uint8Array,
): Uint8Array {
  return identify(bytes) === 'elf'
    ? rewriteObject(readElf(bytes, origin))
    : rewriteArchive(readArchive(bytes, origin), readThin);
}

/**
 * Archives may hold members that no link takes: text, objects of other machines, damaged ones. Whatever is linked has passed the
 * checks of src/inputs before; the rest stays as it is.
 */
function rewriteMember(data: Uint8Array, origin: Origin): Uint8Array {
  if (identify(data) !== 'elf') return data;
  let elf: ElfFile;
  try {
    elf = readElf(data, origin);
  } catch (error) {
    if (error instanceof UklError) return data;
    throw error;
  }
  return elf.header.type === ET.REL ? rewriteObject(elf) : data;
}
