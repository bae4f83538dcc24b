import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UklError } from '../../../src/errors/index.js';
import {
  compressionsOf,
  formatBootManifest,
  loadBootParts,
  parseBootManifest,
  RELOCS_FILE,
  STREAM_FILES,
  type BootInfo,
  type StreamFile,
  type StreamInfo,
} from '../../../src/image/boot-parts.js';
import {
  algorithmOf,
  ALGORITHMS,
  COMPRESSIONS,
  type Algorithm,
  type ImageCompression,
} from '../../../src/image/compression.js';
import { crc32 } from '../../../src/image/crc32.js';
import { packImage } from '../../../src/image/index.js';
import { syntheticParts, TEXT_VADDR } from '../../support/image/synthetic-kit.js';

const MIB = 1 << 20;
const kernel = {
  segments: [{ offset: 0, data: Buffer.alloc(5000, 'kernel') }],
  slotOffset: 10 * MIB,
  slotSize: 2 * MIB,
  size: 13 * MIB,
  relocs: { relocs64: [Number(BigInt.asUintN(32, TEXT_VADDR))], relocs32Inverse: [], relocs32: [] },
  cmdlineOffset: 64,
};
const seal = (data: Uint8Array) => ({ size: data.length, crc32: crc32(data) });

/** Contents of every file under boot/ but the manifest, by name. */
const files = new Map<string, Uint8Array>();
const streams: Partial<Record<Algorithm, StreamInfo>> = {};
for (const algorithm of ALGORITHMS) {
  const { stubBytes, kernel: packed, stub } = await syntheticParts(kernel, algorithm);
  const bytes: Record<StreamFile, Uint8Array> = { ...stubBytes, kernel: packed };
  const entries = Object.entries(bytes);
  for (const [name, data] of entries) files.set(`${algorithm}/${STREAM_FILES[name as StreamFile]}`, data);
  const sealed = Object.fromEntries(entries.map(([name, data]) => [name, seal(data)]));
  streams[algorithm] = { stub, files: sealed as StreamInfo['files'] };
}
const { loadPhysicalAddr, entry, loads, slot, cmdline, layout, relocs } = await syntheticParts(kernel);
files.set(RELOCS_FILE, relocs);
const info: BootInfo = {
  ...{ loadPhysicalAddr, entry, loads, slot, layout, streams },
  cmdline: cmdline!,
  relocs: seal(relocs),
};

let kit: string;
const at = (name: string): string => join(kit, 'boot', name);

beforeEach(async () => {
  kit = await mkdtemp(join(tmpdir(), 'ukl-kit-'));
  for (const algorithm of ALGORITHMS) await mkdir(at(algorithm), { recursive: true });
  for (const [name, data] of files) await writeFile(at(name), data);
  await writeFile(at('boot.json'), formatBootManifest(info));
});
afterEach(() => rm(kit, { recursive: true }));

async function problems(compression?: ImageCompression): Promise<string[]> {
  try {
    await loadBootParts(kit, compression);
  } catch (error) {
    if (error instanceof UklError)
      return error.diagnostics.map((d) => `${d.code} ${d.file?.slice(kit.length + 6)}`);
    throw error;
  }
  return [];
}

describe('boot parts', () => {
  it('make the same image after a trip to disk', async () => {
    for (const compression of COMPRESSIONS) {
      const loaded = await loadBootParts(kit, compression);
      const made = await syntheticParts(kernel, compression);
      const [one, other] = [loaded, made].map((parts) => Buffer.from(packImage(parts, { cmdline: 'quiet' })));
      expect(one!.equals(other!)).toBe(true);
    }
  });

  it('that are missing or damaged are reported, all that are damaged at once', async () => {
    for (const compression of COMPRESSIONS) {
      expect(await problems(compression)).toEqual([]);
      const read = [...files.keys()].filter(
        (name) => name === RELOCS_FILE || name.startsWith(algorithmOf(compression)),
      );
      expect(read).toHaveLength(5);
      for (const name of read) {
        const good = await readFile(at(name));
        const bad = Buffer.from(good);
        bad[bad.length >> 1]! ^= 0x10;
        await writeFile(at(name), bad);
        expect(await problems(compression)).toEqual([`UKL3011 ${name}`]);
        await writeFile(at(name), good.subarray(1));
        expect(await problems(compression)).toEqual([`UKL3011 ${name}`]);
        await rm(at(name));
        expect(await problems(compression)).toEqual([`UKL3010 ${name}`]);
        await writeFile(at(name), good);
      }
    }
    await writeFile(at('lz4/setup.bin'), 'x');
    await writeFile(at('lz4/kernel.bin'), 'x');
    expect((await problems()).sort()).toEqual(['UKL3011 lz4/kernel.bin', 'UKL3011 lz4/setup.bin']);
    expect(await problems('zstd'), 'what another compression takes is not read').toEqual([]);
  });

  it('of a kit that lacks an algorithm say which there are', async () => {
    const { zstd } = streams;
    const only = { ...info, streams: { zstd: zstd! } };
    expect(compressionsOf(info)).toEqual(['lz4', 'zstd', 'gzip', 'none']);
    expect(compressionsOf(only)).toEqual(['zstd']);
    await writeFile(at('boot.json'), formatBootManifest(only));
    expect(await problems('zstd')).toEqual([]);
    expect(await problems('none')).toEqual(['UKL3016 ']);
    await expect(loadBootParts(kit, 'gzip')).rejects.toThrow(/compressed with gzip; it has zstd$/);
  });

  it('of another format or with a damaged manifest are reported', async () => {
    const text = await readFile(at('boot.json'), 'utf8');
    for (const [changed, code] of [
      ['', 'UKL3011'],
      ['null', 'UKL3012'],
      ['{}', 'UKL3012'],
      ['{"format":2}', 'UKL3011'],
      ['{"format":2,"boot":null}', 'UKL3011'],
      [text.slice(0, -20), 'UKL3011'],
      [text.replace('"format": 2', '"format": 99'), 'UKL3012'],
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
