import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { identify, readArchive, rewrittenMember, writeArchive, type NewMember } from '../elf/index.js';
import { readThinMember, type OpenedArchives } from '../inputs/thin.js';
import { contentKey } from '../rewrite/content-key.js';
import type { RecordedInput } from '../record/format.js';

export type OwnInput = RecordedInput & { readonly kind: 'own' };

/** The inputs that a record holds itself, each content once. */
export class Members {
  /** In front of them is the record. */
  readonly #positions = new Map<string, number>();
  readonly files: NewMember[] = [];

  /** Adds a file's content; `path` is how ld knew it. Throws what reading throws. */
  add(path: string, bytes: Uint8Array = readFileSync(path)): OwnInput {
    const content = identify(bytes) === 'thin-archive' ? wholeArchive(path, bytes) : bytes;
    const key = contentKey([content]);
    let member = this.#positions.get(key);
    if (member === undefined) {
      this.files.push({ name: basename(path).replace(/[\n\0]/g, '?'), data: content });
      this.#positions.set(key, (member = this.files.length));
    }
    return { kind: 'own', path, key, size: content.length, member };
  }

  contentOf({ member }: OwnInput): Uint8Array {
    return this.files[member - 1]!.data; // in range: `add` has given it
  }
}

/** A thin archive with its members in it. */
function wholeArchive(path: string, bytes: Uint8Array): Uint8Array {
  const archive = readArchive(bytes, { file: path });
  const opened: OpenedArchives = new Map();
  const symbols = new Map<number, string[]>();
  for (const { name, member } of archive.symbolIndex() ?? []) {
    const names = symbols.get(member.headerOffset);
    if (names === undefined) symbols.set(member.headerOffset, [name]);
    else names.push(name);
  }
  return writeArchive(
    archive.members.map((member) => ({
      ...rewrittenMember(member, readThinMember(path, member, opened), symbols.get(member.headerOffset)),
      name: basename(member.name),
    })),
    { index: symbols.size > 0 },
  );
}
