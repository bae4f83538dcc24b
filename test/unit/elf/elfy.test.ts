import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { SHT, constantName } from '../../../src/elf/index.js';
import { archives, elvesOf, files } from './support/corpus.js';

/** What elfy reads right. It takes OS/ABI, sh_addralign and sh_entsize from wrong offsets (6, 46 and 54). */
interface ElfyFile {
  readonly type: string;
  readonly entry: number;
  readonly phoff: number;
  readonly shoff: number;
  readonly body: {
    readonly sections: readonly { name: string; off: number; size: number; link: number; info: number }[];
    readonly programs: readonly {
      offset: number;
      vaddr: number;
      filesz: number;
      memsz: number;
      align: number;
    }[];
  };
}
const elfy = createRequire(import.meta.url)('elfy') as { parse(bytes: Buffer): ElfyFile };

describe('elfy, another reader, agrees where it is right', () => {
  const corpus = [
    ...archives.flatMap((path) => [...elvesOf(path)]),
    // elfy keeps a copy of each section's name and data: the smaller half is enough.
    ...files.flatMap((path) => [...elvesOf(path)]).filter(({ elf }) => elf.bytes.length < 4e6),
  ];
  it('on headers, sections and segments', () => {
    for (const { elf, label } of corpus) {
      const theirs = elfy.parse(Buffer.from(elf.bytes));
      const ours = {
        phoff: elf.header.phoff,
        shoff: elf.header.shoff,
        entry: Number(elf.header.entry),
        sections: elf.sections.map(({ name, offset, size, link, info }) => ({
          name,
          off: offset,
          size,
          link,
          info,
        })),
        segments: elf.segments.map((s) => [
          s.offset,
          Number(s.virtualAddress),
          s.fileSize,
          s.memorySize,
          s.align,
        ]),
      };
      expect({ label, ...ours }).toEqual({
        label,
        phoff: theirs.phoff,
        shoff: theirs.shoff,
        entry: theirs.entry,
        sections: theirs.body.sections.map(({ name, off, size, link, info }) => ({
          name,
          off,
          size,
          link,
          info,
        })),
        segments: theirs.body.programs.map((p) => [p.offset, p.vaddr, p.filesz, p.memsz, p.align]),
      });
      expect(constantName(SHT, '', elf.section(0).type)).toBe('NULL');
    }
    expect(corpus.length).toBeGreaterThan(1000);
  });
});
