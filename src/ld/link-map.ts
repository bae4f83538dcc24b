/** Where ld put an input section. */
export interface PlacedSection {
  readonly address: bigint;
  /** In bytes. */
  readonly size: number;
}

/** The input sections of a link: by object (`file.o`, `archive.a(member.o)`) and by section name, in the order of their addresses. */
export type LinkMap = ReadonlyMap<string, ReadonlyMap<string, readonly PlacedSection[]>>;

/** Discarded sections are listed in front of this line, as if they had been placed at 0. */
const START = '\nLinker script and memory map\n';

/** An input section: name, address, size, object. ld breaks the line behind a name of more than 15 characters. */
const INPUT_SECTION = /^ (\S+)[ \n]\s*0x([0-9a-f]+)\s+0x([0-9a-f]+) (.+)$/gm;

/** Reads what GNU ld's `-Map` wrote. Sections of no bytes are left out. */
export function parseLinkMap(text: string): LinkMap {
  const objects = new Map<string, Map<string, PlacedSection[]>>();
  const start = text.indexOf(START);
  for (const [, section = '', address = '', size = '', object = ''] of text
    .slice(Math.max(0, start))
    .matchAll(INPUT_SECTION)) {
    if (Number.parseInt(size, 16) === 0) continue;
    const sections = objects.get(object) ?? new Map<string, PlacedSection[]>();
    objects.set(object, sections);
    const placed = sections.get(section) ?? [];
    sections.set(section, placed);
    placed.push({ address: BigInt(`0x${address}`), size: Number.parseInt(size, 16) });
  }
  return objects;
}
