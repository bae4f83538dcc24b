import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UklError } from '../../../src/errors/index.js';
import {
  BOOT_FILES,
  formatBootManifest,
  loadBootParts,
  parseBootManifest,
  type BootFile,
  type BootInfo,
} from '../../../src/image/boot-parts.js';
import { crc32 } from '../../../src/image/crc32.js';
import { packImage } from '../../../src/image/index.js';
import { syntheticParts, TEXT_VADDR } from '../../support/image/synthetic-kit.js';

const MIB = 1 << 20;
const parts = await syntheticParts({
  segments: [{ offset: 0, data: Buffer.alloc(5000, 'kernel') }],
  slotOffset: 10 * MIB,
  slotSize: 2 * MIB,
  size: 13 * MIB,
  relocs: { relocs64: [Number(BigInt.asUintN(32, TEXT_VADDR))], relocs32Inverse: [], relocs32: [] },
  cmdlineOffset: 64,
});
const bytes: Record<BootFile, Uint8Array> = {
  ...parts.stubBytes,
  firstBlock: parts.firstBlock,
  blocks: parts.blocks,
  relocs: parts.relocs,
};
const { compression, loadPhysicalAddr, entry, loads, slot, cmdline, layout, stub } = parts;
const info: BootInfo = {
  ...{ compression, loadPhysicalAddr, entry, loads, slot, layout, stub },
  cmdline: cmdline!,
  files: Object.fromEntries(
    Object.entries(bytes).map(([name, data]) => [name, { size: data.length, crc32: crc32(data) }]),
  ) as BootInfo['files'],
};

let kit: string;
const at = (name: string): string => join(kit, 'boot', name);

beforeEach(async () => {
  kit = await mkdtemp(join(tmpdir(), 'ukl-kit-'));
  await mkdir(join(kit, 'boot'));
  for (const [name, data] of Object.entries(bytes)) await writeFile(at(BOOT_FILES[name as BootFile]), data);
  await writeFile(at('boot.json'), formatBootManifest(info));
});
afterEach(() => rm(kit, { recursive: true }));

async function problems(): Promise<string[]> {
  try {
    await loadBootParts(kit);
  } catch (error) {
    if (error instanceof UklError)
      return error.diagnostics.map((d) => `${d.code} ${d.file?.slice(kit.length + 6)}`);
    throw error;
  }
  return [];
}

describe('boot parts', () => {
  it('make the same image after a trip to disk', async () => {
    const loaded = await loadBootParts(kit);
    expect(
      Buffer.from(packImage(loaded, { cmdline: 'quiet' })).equals(packImage(parts, { cmdline: 'quiet' })),
    ).toBe(true);
  });

  it('that are missing or damaged are reported, all that are damaged at once', async () => {
    expect(await problems()).toEqual([]);
    for (const name of Object.values(BOOT_FILES)) {
      const good = await readFile(at(name));
      const bad = Buffer.from(good);
      bad[bad.length >> 1]! ^= 0x10;
      await writeFile(at(name), bad);
      expect(await problems()).toEqual([`UKL3011 ${name}`]);
      await writeFile(at(name), good.subarray(1));
      expect(await problems()).toEqual([`UKL3011 ${name}`]);
      await rm(at(name));
      expect(await problems()).toEqual([`UKL3010 ${name}`]);
      await writeFile(at(name), good);
    }
    await writeFile(at('setup.bin'), 'x');
    await writeFile(at('blocks.lz4'), 'x');
    expect((await problems()).sort()).toEqual(['UKL3011 blocks.lz4', 'UKL3011 setup.bin']);
  });

  it('of another format or with a damaged manifest are reported', async () => {
    const text = await readFile(at('boot.json'), 'utf8');
    for (const [changed, code] of [
      ['', 'UKL3011'],
      ['null', 'UKL3012'],
      ['{}', 'UKL3012'],
      ['{"format":1}', 'UKL3011'],
      ['{"format":1,"boot":null}', 'UKL3011'],
      [text.slice(0, -20), 'UKL3011'],
      [text.replace('"format": 1', '"format": 99'), 'UKL3012'],
      [text.replace('"kernelSize": 1', '"kernelSize": 2'), 'UKL3011'],
      [text.replace('0xff', '0xfe'), 'UKL3011'],
    ] as const) {
      expect(changed).not.toBe(text);
      await writeFile(at('boot.json'), changed);
      expect(await problems()).toEqual([`${code} boot.json`]);
    }
    await rm(at('boot.json'));
    expect(await problems()).toEqual(['UKL3010 boot.json']);
  });

  it('keep 64-bit addresses exactly', () => {
    expect(parseBootManifest(formatBootManifest(info), 'boot.json')).toEqual(info);
  });
});
