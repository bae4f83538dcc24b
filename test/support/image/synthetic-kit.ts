import type { BootParts } from '../../../src/image/boot-parts.js';
import { algorithmOf, type ImageCompression } from '../../../src/image/compression.js';
import { packKernel } from '../../../src/image/pack-kernel.js';
import { loadCodec } from '../../../src/image/payload-codec.js';
import { LOAD_ALIGN, layOutPayload } from '../../../src/image/payload-layout.js';
import { bootRelocsSize, writeBootRelocs } from '../../../src/image/relocs.js';
import type { BootRelocs } from '../../../src/image/types.js';

export const LOAD_PHYSICAL_ADDR = 0x1000000;
export const TEXT_VADDR = 0xffffffff81000000n;

/** A kernel as a test invents it. Offsets count from _text. */
export interface SyntheticKernel {
  readonly segments: readonly { readonly offset: number; readonly data: Buffer }[];
  readonly slotOffset: number;
  readonly slotSize: number;
  /** VO__end - VO__text: at least the slot's end. */
  readonly size: number;
  readonly relocs: BootRelocs;
  /** Offset of builtin_cmdline, within a segment. */
  readonly cmdlineOffset: number;
}

/** The setup part of a bzImage: boot protocol 2.15, one sector of code, then a stub head and a stub body of made-up bytes. */
function syntheticStub(): { setup: Buffer; head: Buffer; body: Buffer } {
  const setup = Buffer.alloc(4096);
  setup.writeUInt8(4096 / 512 - 1, 0x1f1);
  setup.writeUInt16LE(0xaa55, 0x1fe);
  setup.write('HdrS', 0x202, 'latin1');
  setup.writeUInt16LE(0x20f, 0x206);
  setup.writeUInt16LE(0x300 - 0x200, 0x20e);
  setup.write('6.1.0-synthetic (nobody@nowhere)\0', 0x300, 'latin1');
  const head = Buffer.alloc(708, 0x90);
  const body = Buffer.alloc(1024, 0xcc);
  setup.writeUInt32LE(head.length, 0x248);
  setup.writeUInt32LE(4096, 0x24c);
  setup.writeBigUInt64LE(BigInt(LOAD_PHYSICAL_ADDR), 0x258);
  return { setup, head, body };
}

/** The boot parts of a kit with this kernel, made without a kernel build. */
export async function syntheticParts(
  kernel: SyntheticKernel,
  compression: ImageCompression = 'lz4',
): Promise<BootParts> {
  const layout = layOutPayload(
    kernel.segments.map(({ offset, data }) => ({ offset, size: data.length })),
    kernel.slotOffset,
  );
  const bytes = Buffer.alloc(layout.tailStart);
  const loads = kernel.segments.map(({ offset, data }) => {
    bytes.set(data, offset + layout.shift);
    return {
      type: 1,
      flags: 7,
      offset: offset + layout.shift,
      vaddr: TEXT_VADDR + BigInt(offset),
      paddr: BigInt(LOAD_PHYSICAL_ADDR + offset),
      fileSize: data.length,
      memSize: data.length,
      align: LOAD_ALIGN,
    };
  });
  const relocs = Buffer.alloc(bootRelocsSize(kernel.relocs));
  writeBootRelocs(relocs, [kernel.relocs]);
  return {
    loadPhysicalAddr: LOAD_PHYSICAL_ADDR,
    entry: BigInt(LOAD_PHYSICAL_ADDR),
    loads,
    slot: {
      vaddr: TEXT_VADDR + BigInt(kernel.slotOffset),
      paddr: LOAD_PHYSICAL_ADDR + kernel.slotOffset,
      size: kernel.slotSize,
    },
    cmdline: {
      vaddr: TEXT_VADDR + BigInt(kernel.cmdlineOffset),
      paddr: LOAD_PHYSICAL_ADDR + kernel.cmdlineOffset,
      size: 2048,
    },
    layout,
    stub: {
      payloadSize: 4096,
      words: [
        { part: 'setup', at: 0x24c, of: 'payload' },
        { part: 'body', at: 100, of: '-payload' },
        { part: 'body', at: 200, of: 'output' },
      ],
      stubEnd: 0x20000,
      headEnd: 708,
      kernelSize: kernel.size,
    },
    stubBytes: syntheticStub(),
    kernel: await packKernel(algorithmOf(compression), bytes),
    relocs,
    codec: await loadCodec(compression),
  };
}

const MIB = 1 << 20;

/** An invented kernel with all that an image has, and little of it. */
export const smallKernel: SyntheticKernel = {
  segments: [{ offset: 0, data: Buffer.alloc(5000, 'kernel') }],
  slotOffset: 2 * MIB,
  slotSize: 2 * MIB,
  size: 5 * MIB,
  relocs: { relocs64: [Number(BigInt.asUintN(32, TEXT_VADDR))], relocs32Inverse: [], relocs32: [] },
  cmdlineOffset: 64,
};
