import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UklError } from '../../../src/errors/index.js';
import { COMPRESSIONS, packImage, readImage, type BootParts } from '../../../src/image/index.js';
import { bootModel } from '../../support/image/boot-model.js';
import {
  LOAD_PHYSICAL_ADDR,
  syntheticParts,
  TEXT_VADDR,
  type SyntheticKernel,
} from '../../support/image/synthetic-kit.js';
import { syntheticProgram, vaddrOf, type SyntheticSegment } from '../../support/image/synthetic-program.js';
import { thrownCodes } from '../../support/codes.js';

const MIB = 1 << 20;
const PAGE = 4096;

/** Bytes that do not compress to nothing and differ from place to place. */
function pattern(size: number, seed: number): Buffer {
  const out = Buffer.alloc(size);
  let state = seed >>> 0 || 1;
  for (let at = 0; at + 4 <= size; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    // Half of the words are zero: long matches and long literals both occur.
    if (state & 0x10000) out.writeUInt32LE(state, at);
  }
  return out;
}

const lowOf = (offset: number): number => Number(BigInt.asUintN(32, TEXT_VADDR)) + offset;

function kernel(slotOffset = 6 * MIB, slotSize = 4 * MIB): SyntheticKernel {
  return {
    segments: [
      { offset: 0, data: pattern(1_500_000, 1) },
      { offset: 2 * MIB, data: pattern(700_001, 2) },
      { offset: 3 * MIB, data: pattern(64 * 1024, 3) },
    ],
    slotOffset,
    slotSize,
    size: slotOffset + slotSize + 0x30000,
    relocs: { relocs64: [lowOf(8), lowOf(2 * MIB)], relocs32Inverse: [lowOf(100)], relocs32: [lowOf(200)] },
    cmdlineOffset: 2 * MIB + 0x1000,
  };
}

const target = (of: SyntheticKernel) => ({
  size: of.size,
  loadPhysicalAddr: LOAD_PHYSICAL_ADDR,
  textVaddr: TEXT_VADDR,
});

/** What memory must hold in the end, by the definition of each thing instead of by moves. */
function expectedMemory(
  of: SyntheticKernel,
  segments: readonly SyntheticSegment[],
  cmdline: string | undefined,
): { at: number; bytes: Buffer }[] {
  const ranges = of.segments.map(({ offset, data }) => ({ at: offset, bytes: Buffer.from(data) }));
  if (cmdline !== undefined) {
    const data = ranges[1]!;
    data.bytes.fill(0, 0x1000, 0x1000 + 2048).write(cmdline, 0x1000);
  }
  for (const { offset, data } of segments) {
    const bytes = Buffer.alloc(Math.ceil(data.length / PAGE) * PAGE);
    data.copy(bytes);
    ranges.push({ at: of.slotOffset + offset, bytes });
  }
  return ranges;
}

/** Applies a relocation to the expected memory. */
function relocate(
  ranges: { at: number; bytes: Buffer }[],
  offset: number,
  delta: bigint,
  width: 32 | 64,
): void {
  const range = ranges.find(({ at, bytes }) => offset >= at && offset < at + bytes.length);
  if (range === undefined) throw new Error(`no range for ${offset}`);
  const at = offset - range.at;
  if (width === 64)
    range.bytes.writeBigUInt64LE(BigInt.asUintN(64, range.bytes.readBigUInt64LE(at) + delta), at);
  else
    range.bytes.writeUInt32LE(Number(BigInt.asUintN(32, BigInt(range.bytes.readUInt32LE(at)) + delta)), at);
}

const HEADERS_END = 0x400;

const segmentShape = fc.record({
  pages: fc.integer({ min: 1, max: 40 }),
  cut: fc.integer({ min: 0, max: 4000 }),
  bss: fc.integer({ min: 0, max: 200_000 }),
  gap: fc.integer({ min: 0, max: 8 }),
});

/** Segments on pages of their own, the first at 0, from random shapes. */
function placeShapes(
  shapes: readonly { pages: number; cut: number; bss: number; gap: number }[],
): SyntheticSegment[] {
  let offset = 0;
  return shapes.map(({ pages, cut, bss, gap }, index) => {
    const data = pattern(pages * PAGE - Math.min(cut, pages * PAGE - HEADERS_END), index + 10);
    const segment = { offset, data, bss };
    offset = Math.ceil((offset + data.length + bss) / PAGE) * PAGE + gap * PAGE;
    return segment;
  });
}

describe('packImage', () => {
  it.each([
    ['lz4', 15],
    ['zstd', 5],
    ['gzip', 5],
    ['none', 5],
  ] as const)(
    'makes images (%s) that the boot stub turns into kernel, program, initramfs and command line',
    async (compression, numRuns) => {
      const of = kernel();
      const parts = await syntheticParts(of, compression);
      fc.assert(
        fc.property(
          fc.array(segmentShape, { minLength: 1, maxLength: 4 }),
          fc.option(fc.string({ unit: 'grapheme-ascii', maxLength: 300 }), { nil: undefined }),
          fc.integer({ min: 0, max: 100_000 }),
          fc.constantFrom(0n, 0x200000n, 0x1e000000n),
          (shapes, cmdline, initramfsSize, delta) => {
            const segments = placeShapes(shapes);
            const words64 = segments.map(({ offset, data }) => offset + ((data.length - 8) & ~7));
            const words32 = segments.map(({ offset, data }) => offset + ((data.length - 16) & ~7));
            const initramfs = pattern(initramfsSize, 99);
            const program = syntheticProgram(parts.slot, segments, { words64, words32 });
            const image = packImage(parts, {
              program,
              initramfs,
              ...(cmdline === undefined ? {} : { cmdline }),
            });

            const last = segments.at(-1)!;
            const end = Math.ceil((last.offset + last.data.length + last.bss) / PAGE) * PAGE;
            const want = expectedMemory(of, segments, cmdline);
            // The headers, as the link made them, with the initramfs filled in.
            const headers = want.find(({ at }) => at === of.slotOffset)!.bytes;
            Buffer.from(program.elf).copy(headers, 0, 0, HEADERS_END);
            const note = 64 + segments.length * 56;
            headers.writeBigUInt64LE(BigInt(end), note + 8);
            headers.writeBigUInt64LE(BigInt(initramfs.length), note + 32);
            headers.writeBigUInt64LE(BigInt(initramfs.length), note + 40);
            if (initramfs.length > 0) want.push({ at: of.slotOffset + end, bytes: initramfs });
            if (delta !== 0n) {
              relocate(want, 8, delta, 64);
              relocate(want, 2 * MIB, delta, 64);
              relocate(want, 100, -delta, 32);
              relocate(want, 200, delta, 32);
              relocate(want, of.slotOffset + 24, delta, 64);
              for (let i = 0; i <= segments.length; i++)
                relocate(want, of.slotOffset + vaddrOf(i), delta, 64);
              for (const word of words64) relocate(want, of.slotOffset + word, delta, 64);
              for (const word of words32) relocate(want, of.slotOffset + word, delta, 32);
            }

            const { memory, entry } = bootModel(image, target(of), delta);
            expect(entry).toBe(BigInt(LOAD_PHYSICAL_ADDR));
            for (const { at, bytes } of want)
              expect(
                memory.subarray(at, at + bytes.length).equals(bytes),
                `memory at 0x${at.toString(16)}`,
              ).toBe(true);
          },
        ),
        { numRuns },
      );
    },
  );

  it('fills the slot to the last byte', async () => {
    // The kernel ends a little before the slot, and slots start at every 2 MiB of a block.
    for (const slotOffset of [4, 6, 8, 10].map((mib) => mib * MIB)) {
      const of = kernel(slotOffset, 4 * MIB);
      const parts = await syntheticParts(of);
      const segments = [{ offset: 0, data: pattern(MIB, 5), bss: 0 }];
      const initramfs = pattern(3 * MIB, 6);
      const image = packImage(parts, { program: syntheticProgram(parts.slot, segments), initramfs });
      const { memory } = bootModel(image, target(of), 0x400000n);
      expect(memory.subarray(slotOffset + MIB, slotOffset + 4 * MIB).equals(initramfs)).toBe(true);
      expect(
        memory.subarray(2 * MIB + 8, 2 * MIB + 700_000).equals(of.segments[1]!.data.subarray(8, 700_000)),
      ).toBe(true);
    }
  });

  it('clears the start of the slot of an image without a program', async () => {
    const of = kernel();
    const parts = await syntheticParts(of);
    const { memory } = bootModel(packImage(parts, {}), target(of), 0n);
    expect(memory.subarray(of.slotOffset, of.slotOffset + PAGE).equals(Buffer.alloc(PAGE))).toBe(true);
  });

  it('gives the same bytes for the same content and another file for another', async () => {
    const parts = await syntheticParts(kernel());
    const content = {
      program: syntheticProgram(parts.slot, [{ offset: 0, data: pattern(5000, 7), bss: 0 }]),
    };
    const once = Buffer.from(packImage(parts, content));
    expect(once.equals(packImage(parts, content))).toBe(true);
    expect(once.equals(packImage(parts, { ...content, cmdline: 'quiet' }))).toBe(false);
  });

  it.each(COMPRESSIONS)('is read back by readImage: %s', async (compression) => {
    const of = kernel();
    const parts = await syntheticParts(of, compression);
    const segments = placeShapes([
      { pages: 3, cut: 100, bss: 0, gap: 0 },
      { pages: 2, cut: 1, bss: 50_000, gap: 3 },
      { pages: 1, cut: 9, bss: 1, gap: 0 },
    ]);
    const initramfs = pattern(12_345, 8);
    for (const type of ['exec', 'dyn'] as const) {
      const program = syntheticProgram(parts.slot, segments, {}, type);
      const info = await readImage(packImage(parts, { program, initramfs, cmdline: 'console=ttyS0 quiet' }));
      expect(info).toMatchObject({
        crcGood: true,
        compression,
        setup: { protocol: 0x20f, kernelVersion: '6.1.0-synthetic (nobody@nowhere)' },
        ukl: { slot: parts.slot, cmdline: 'console=ttyS0 quiet' },
      });
      expect(Buffer.from(info.ukl!.initramfs!).equals(initramfs)).toBe(true);
      const back = Buffer.from(info.ukl!.program!.elf);
      // All but the header of the initramfs, which packing fills in.
      const note = 64 + segments.length * 56;
      const before = Buffer.from(program.elf);
      expect(back.subarray(0, note).equals(before.subarray(0, note))).toBe(true);
      expect(back.subarray(note + 56).equals(before.subarray(note + 56, back.length))).toBe(true);
      expect(Array.from(info.ukl!.relocs.relocs64)).toEqual([
        ...(kernel().relocs.relocs64 as number[]),
        ...(program.relocs.relocs64 as number[]),
      ]);
    }
  });

  it('compresses an initramfs that fits only so', async () => {
    const parts = await syntheticParts(kernel());
    const program = syntheticProgram(parts.slot, [{ offset: 0, data: pattern(PAGE, 7), bss: 0 }]);
    const archive = Buffer.alloc(6 * MIB, 'a');
    archive.write('070701');
    const info = await readImage(packImage(parts, { program, initramfs: archive }));
    const packed = Buffer.from(info.ukl!.initramfs!);
    expect([packed[0], packed[1]]).toEqual([0x1f, 0x8b]);
    const { gunzipSync } = await import('node:zlib');
    expect(gunzipSync(packed).equals(archive)).toBe(true);
  });
});

describe('packImage, what it refuses', () => {
  const one = (size: number, bss = 0) => [{ offset: 0, data: pattern(size, 1), bss }];

  it('reports everything that is wrong with the content at once', async () => {
    const parts = await syntheticParts(kernel());
    const program = syntheticProgram(parts.slot, one(PAGE, 5 * MIB));
    expect(thrownCodes(() => packImage(parts, { program, cmdline: `ä${'x'.repeat(3000)}` }))).toEqual([
      'UKL3004',
      'UKL3005',
      'UKL3001',
    ]);
  });

  it('says by how much a program is too large and how to get a slot for it', async () => {
    const parts = await syntheticParts(kernel());
    const program = syntheticProgram(parts.slot, one(PAGE, 5 * MIB));
    expect(() => packImage(parts, { program })).toThrow(
      /5\.0 MiB \(5246976 bytes\).*4\.0 MiB: 1052672 bytes too many/,
    );
    try {
      packImage(parts, { program });
    } catch (error) {
      expect((error as UklError).diagnostics[0]?.hint).toContain('--slot-size 6');
    }
  });

  it('refuses what does not fit or is not for this slot', async () => {
    const parts = await syntheticParts(kernel());
    const good = syntheticProgram(parts.slot, one(PAGE));
    const changed = (change: (elf: Buffer) => void) => {
      const elf = Buffer.from(good.elf);
      change(elf);
      return { ...good, elf };
    };
    const withoutCmdline = Object.fromEntries(
      Object.entries(parts).filter(([name]) => name !== 'cmdline'),
    ) as unknown as BootParts;
    const cases: [string, () => unknown][] = [
      ['UKL3002', () => packImage(parts, { program: good, initramfs: Buffer.alloc(4 * MIB) })],
      ['UKL3003', () => packImage(parts, { initramfs: Buffer.alloc(5) })],
      ['UKL3006', () => packImage(withoutCmdline, { cmdline: 'quiet' })],
      ['UKL1001', () => packImage(parts, { program: { ...good, elf: Buffer.from('no program') } })],
      // Not linked.
      ['UKL3007', () => packImage(parts, { program: changed((elf) => elf.writeUInt16LE(1, 16)) })],
      // Another address: the kernel's slot is not there.
      [
        'UKL3007',
        () => packImage(parts, { program: changed((elf) => elf.writeBigUInt64LE(0x400000n, vaddrOf(0))) }),
      ],
      ['UKL3007', () => packImage(parts, { program: changed((elf) => elf.writeUInt8(1, vaddrOf(0))) })],
      // No PT_UKL_INITRAMFS.
      ['UKL3007', () => packImage(parts, { program: changed((elf) => elf.writeUInt32LE(0, 64 + 56)) })],
      // p_filesz larger than p_memsz.
      ['UKL3007', () => packImage(parts, { program: changed((elf) => elf.writeBigUInt64LE(1n, 64 + 40)) })],
      // Headers that KASLR would not move.
      ['UKL3007', () => packImage(parts, { program: { ...good, relocs: { ...good.relocs, relocs64: [] } } })],
    ];
    for (const [index, [code, run]] of cases.entries())
      expect(thrownCodes(run), `case ${index}`).toContain(code);
    expect(
      thrownCodes(() =>
        packImage(parts, {
          program: { ...good, relocs: { ...good.relocs, relocs32: [lowOf(6 * MIB + PAGE - 2)] } },
        }),
      ),
    ).toEqual(['UKL3008']);
    expect(
      thrownCodes(() =>
        packImage(parts, {
          program: syntheticProgram(parts.slot, [
            ...one(PAGE, 10),
            { offset: PAGE, data: pattern(8, 1), bss: 0 },
          ]),
        }),
      ),
    ).toEqual(['UKL3007']);
  });
});
