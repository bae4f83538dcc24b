import { PT, readElf, type ElfFile } from '../elf/index.js';
import { imageErrors, UklError, type Diagnostic } from '../errors/index.js';
import { LOAD_ALIGN, layOutPayload, type PayloadLayout } from './payload-layout.js';
import { ZSTD_KERNEL_ZEROS } from './payload-zstd.js';
import { programHeaderOf, type ProgramHeader } from './program-headers.js';
import type { SlotInfo } from './types.js';

/** A finished kernel, seen as what an image needs of it. */
export interface KernelImage {
  readonly loadPhysicalAddr: number;
  readonly entry: bigint;
  readonly slot: SlotInfo;
  readonly cmdline?: { readonly vaddr: bigint; readonly paddr: number; readonly size: number };
  readonly layout: PayloadLayout;
  /** The kernel's own `PT_LOAD`s with bytes, `offset` as in the payload. */
  readonly loads: readonly ProgramHeader[];
  /** Bytes of the payload up to the slot. The header area is zero. */
  readonly bytes: Uint8Array;
  /** `_end - _text`. */
  readonly memorySize: number;
  /** `__bss_start - _text`. */
  readonly bssOffset: number;
}

const NEEDED = ['_text', '_end', '__bss_start', '__ukl_slot_start', '__ukl_slot_end'] as const;
type Needed = (typeof NEEDED)[number];

interface Found {
  readonly value: bigint;
  readonly size: number;
}

/** Addresses of the symbols, by name; the first of a name, as nm would list it. */
function findSymbols(elf: ElfFile, names: ReadonlySet<string>): Map<string, Found> {
  const found = new Map<string, Found>();
  const symbols = elf.symbols;
  for (let i = 1; symbols !== undefined && i < symbols.length && found.size < names.size; i++) {
    const name = symbols.name(i);
    if (names.has(name) && !found.has(name))
      found.set(name, { value: symbols.value(i), size: symbols.size(i) });
  }
  return found;
}

/**
 * Reads a `vmlinux` with an empty slot and lays its bytes out for the payload.
 *
 * @param file - path of the vmlinux, for messages
 * @throws UklError UKL3024 when it has no slot where one must be, UKL1xxx when it is no ELF file
 */
export function readKernelImage(vmlinux: Uint8Array, file: string): KernelImage {
  const elf = readElf(vmlinux, { file });
  const problems: Diagnostic[] = [];
  const wrong = (why: string): void => void problems.push(imageErrors.kernelNotForSlot(why, { file }));

  const symbols = findSymbols(elf, new Set<string>([...NEEDED, 'builtin_cmdline']));
  const address = (name: Needed): bigint => symbols.get(name)?.value ?? 0n;
  for (const name of NEEDED) if (!symbols.has(name)) wrong(`it has no symbol ${name}`);
  const all = elf.segments.filter((segment) => segment.type === PT.LOAD);
  const text = all.find((segment) => segment.virtualAddress === address('_text'));
  if (text === undefined) wrong('no PT_LOAD starts at _text');
  if (text === undefined || problems.length > 0) throw new UklError(problems);

  const virtualToPhysical = text.physicalAddress - text.virtualAddress;
  const loadPhysicalAddr = Number(text.physicalAddress);
  const place = (vaddr: bigint): number => Number(vaddr + virtualToPhysical);
  const slot: SlotInfo = {
    vaddr: address('__ukl_slot_start'),
    paddr: place(address('__ukl_slot_start')),
    size: Number(address('__ukl_slot_end') - address('__ukl_slot_start')),
  };
  if (slot.paddr % LOAD_ALIGN !== 0 || slot.size % LOAD_ALIGN !== 0 || slot.size <= 0)
    wrong('its slot is empty or not aligned to 2 MiB');
  const loads = all.filter((segment) => segment.fileSize > 0).map(programHeaderOf);
  // The boot stub moves the segments in this order; payload-layout.ts says why it must ascend.
  loads.sort((a, b) => Number(a.paddr - b.paddr));
  for (const load of loads) {
    if (Number(load.paddr) + load.fileSize > slot.paddr - ZSTD_KERNEL_ZEROS)
      wrong(`the PT_LOAD at 0x${load.vaddr.toString(16)} has bytes behind the slot or right in front of it`);
    if (load.align % LOAD_ALIGN !== 0)
      wrong(`the PT_LOAD at 0x${load.vaddr.toString(16)} is not aligned to 2 MiB`);
  }
  for (const [index, load] of loads.entries()) {
    const next = loads[index + 1];
    if (next !== undefined && load.paddr + BigInt(load.fileSize) > next.paddr)
      wrong(`the PT_LOADs at 0x${load.vaddr.toString(16)} and 0x${next.vaddr.toString(16)} overlap`);
  }
  if (problems.length > 0) throw new UklError(problems);

  const layout = layOutPayload(
    loads.map((load) => ({ offset: Number(load.paddr) - loadPhysicalAddr, size: load.fileSize })),
    slot.paddr - loadPhysicalAddr,
  );
  const bytes = new Uint8Array(layout.tailStart);
  const moved = loads.map((load) => {
    const offset = Number(load.paddr) - loadPhysicalAddr + layout.shift;
    bytes.set(vmlinux.subarray(load.offset, load.offset + load.fileSize), offset);
    return { ...load, offset };
  });
  const builtin = symbols.get('builtin_cmdline');
  return {
    loadPhysicalAddr,
    entry: elf.header.entry,
    slot,
    ...(builtin === undefined
      ? {}
      : { cmdline: { vaddr: builtin.value, paddr: place(builtin.value), size: builtin.size } }),
    layout,
    loads: moved,
    bytes,
    memorySize: Number(address('_end') - address('_text')),
    bssOffset: Number(address('__bss_start') - address('_text')),
  };
}
