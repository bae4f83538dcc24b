import { readElf, readArchive, type ElfFile } from '../elf/index.js';
import { LINK_SECTION, type LinkRecord, type RecordedInput } from '../record/format.js';
import type { RewriteCache } from '../rewrite/index.js';

/** Raised when what is kept of a record in the cache changes. */
const KEPT_VERSION = 1;

/** An executable that one of the wrappers has linked: what it was linked from. */
export interface LinkedExecutable {
  readonly record: LinkRecord;
  /** Content of an input that the record holds itself. */
  readonly contentOf: (input: RecordedInput & { readonly kind: 'own' }) => Uint8Array;
}

/** The executable with this content, undefined when it was not linked by a wrapper. Throws UKL2032, UKL2033. */
export async function openLinked(
  elf: ElfFile,
  key: string,
  cache: RewriteCache,
): Promise<LinkedExecutable | undefined> {
  if (elf.sectionNamed(LINK_SECTION) === undefined) return undefined;
  const { linkArchive, readLinkRecord } = await import('../record/read.js');
  const archive = linkArchive(elf);
  if (archive === undefined) return undefined;
  const record = readLinkRecord(archive);
  await cache.readOr(keptName(key), () => JSON.stringify(record));
  return { record, contentOf: ({ member }) => archive.members[member]!.data }; // in range: readLinkRecord has looked
}

/** The same from what the cache keeps; `bytes` reads the executable, when the content of an input is asked for. */
export function knownLinked(
  path: string,
  key: string,
  bytes: () => Uint8Array,
  cache: RewriteCache,
): LinkedExecutable | undefined {
  const text = cache.read(keptName(key));
  if (text === undefined) return undefined;
  return {
    record: JSON.parse(text) as LinkRecord,
    contentOf: ({ member }) => {
      const section = readElf(bytes(), { file: path }).sectionNamed(LINK_SECTION);
      // The key says that it is the same file as when it was checked.
      return readArchive(section!.contents, { file: path }).members[member]!.data;
    },
  };
}

const keptName = (key: string): string => `${key}.${KEPT_VERSION}.link-record`;
