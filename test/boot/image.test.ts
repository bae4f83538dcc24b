import { randomFillSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  COMPRESSIONS,
  defaultRootfs,
  loadBootParts,
  packImage,
  readImage,
  writeCpio,
  type BootParts,
  type LinkedProgram,
  type RootfsEntry,
} from '../../src/image/index.js';
import { readGuestInit } from '../../src/image/guest-init.js';
import { findKit } from '../../src/kernel/store.js';
import { runImage } from '../../src/run/index.js';
import { bootModel } from '../support/image/boot-model.js';
import { patience } from '../support/patience.js';
import { buildSlotProgram } from '../support/image/slot-program.js';

let dir: string;
let kitFolder: string;
let parts: BootParts;
let program: LinkedProgram;
let rootfs: RootfsEntry[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ukl-image-'));
  kitFolder = (await findKit()).folder;
  parts = await loadBootParts(kitFolder);
  program = buildSlotProgram(dir, parts.slot);
  rootfs = defaultRootfs({ init: await readGuestInit(), argv: ['slot-program'], env: [] });
});
afterAll(() => rm(dir, { recursive: true }));

/** Boots an image with KASLR on two CPUs. */
async function boot(image: Uint8Array): Promise<{ exitCode: number; console: string }> {
  const file = join(dir, 'image');
  await writeFile(file, image);
  let console = '';
  const { exitCode } = await runImage({
    image: file,
    cpus: 2,
    timeout: 240 * patience,
    kernelLog: true,
    accelerator: 'tcg',
    onConsole: (bytes) => {
      console += Buffer.from(bytes).toString('latin1');
    },
  });
  return { exitCode, console };
}

/** A file that fills the slot to its last page. */
function fillerFor(slotSize: number, programSize: number): RootfsEntry {
  const room = slotSize - programSize - writeCpio(rootfs).length - 4096;
  const data = Buffer.alloc(Math.floor(room / 4096) * 4096);
  randomFillSync(data, 0, Math.min(data.length, 24 << 20));
  return { type: 'file', path: 'filler', mode: 0o644, data };
}

describe.each(COMPRESSIONS)('an image of the kit, compressed with %s,', (compression) => {
  it('boots: program relocated, root file system unpacked, command line set', async () => {
    const image = packImage(await loadBootParts(kitFolder, compression), {
      program,
      initramfs: writeCpio(rootfs),
      cmdline: 'ukl.test=from-the-image',
    });
    const { exitCode, console } = await boot(image);
    expect(console).toContain('relocations good');
    expect(console).toMatch(/Kernel command line: .*ukl\.test=from-the-image/);
    expect(exitCode).toBe(7);
  });

  it('boots with a full slot', async () => {
    const filler = fillerFor(parts.slot.size, 0x10000);
    const initramfs = writeCpio([...rootfs, filler]);
    const image = packImage(await loadBootParts(kitFolder, compression), { program, initramfs });
    const { ukl, ...info } = await readImage(image);
    expect(info).toMatchObject({ compression, crcGood: true });
    expect(parts.slot.size - ukl!.program!.size).toBeLessThan(0x20000);
    const { exitCode, console } = await boot(image);
    expect(console).toContain('relocations good');
    expect(exitCode).toBe(7);
  });
});

describe('an image of the kit', () => {
  it('is moved by KASLR in exactly the words that its relocation table names', async () => {
    const { loadPhysicalAddr, loads, slot, stub } = parts;
    const textVaddr = loads[0]!.vaddr;
    const image = packImage(parts, { program });
    const kernel = { size: stub.kernelSize, loadPhysicalAddr, textVaddr };
    const delta = 0x1c00000n;
    const expected = bootModel(image, kernel, 0n).memory;
    const slotAt = slot.paddr - loadPhysicalAddr;
    expect(expected.readBigUInt64LE(slotAt + 24)).toBeGreaterThan(slot.vaddr);

    const { relocs } = (await readImage(image)).ukl!;
    const place = (entry: number): number => entry - Number(BigInt.asUintN(32, textVaddr));
    const add32 = (at: number, by: bigint): void => {
      expected.writeUInt32LE(Number(BigInt.asUintN(32, BigInt(expected.readUInt32LE(at)) + by)), at);
    };
    for (const entry of Array.from(relocs.relocs64)) {
      const at = place(entry);
      expected.writeBigUInt64LE(BigInt.asUintN(64, expected.readBigUInt64LE(at) + delta), at);
    }
    for (const entry of Array.from(relocs.relocs32)) add32(place(entry), delta);
    for (const entry of Array.from(relocs.relocs32Inverse)) add32(place(entry), -delta);
    expect(relocs.relocs64.length).toBeGreaterThan(10_000);
    expect(expected.equals(bootModel(image, kernel, delta).memory)).toBe(true);
  });
});
