import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { PROGRAM_HEADER_SIZE, PT, readElf, verifyElf } from '../../../src/elf/index.js';
import { UklError } from '../../../src/errors/index.js';
import { packImage, readImage } from '../../../src/image/index.js';
import { writeElfHeaders } from '../../../src/image/program-headers.js';
import { openExecutable, parseProgramArguments } from '../../../src/inputs/index.js';
import { PT_UKL_INITRAMFS, layOutStaticPie } from '../../../src/ld/index.js';
import { Random } from '../../fuzz/random.js';
import { smallKernel, syntheticParts } from '../../support/image/synthetic-kit.js';
import { CXX_CC, HELLO_C, WORDS_C, TLS_C, Workshop } from './corpus.js';

const shop = new Workshop();
afterAll(() => shop.remove());

const SLOT = 64 << 20;

function executable(name: string, sources: Readonly<Record<string, string>>, ...flags: string[]): string {
  const output = shop.path(name);
  const objects = Object.entries(sources).map(([file, text]) => shop.compile(file, text));
  execFileSync('g++', ['-static-pie', ...flags, ...objects, '-o', output]);
  return output;
}

const problemsOf = (make: () => unknown): string[] => {
  try {
    make();
  } catch (error) {
    if (error instanceof UklError) return error.diagnostics.map(({ code, message }) => `${code} ${message}`);
    throw error;
  }
  return [];
};

describe('executables of gcc', () => {
  it.each([
    ['C', { 'hello.c': HELLO_C }, []],
    ['words of unusual kinds, TLS', { 'words.c': WORDS_C, 'tls.c': TLS_C }, []],
    ['C++', { 'cxx.cc': CXX_CC }, []],
    ['one segment of code and constants', { 'hello.c': HELLO_C }, ['-Wl,-z,noseparate-code']],
    ['segments 2 MiB apart', { 'hello.c': HELLO_C }, ['-Wl,-z,max-page-size=0x200000']],
    ['no RELRO', { 'hello.c': HELLO_C }, ['-Wl,-z,norelro']],
    ['no notes but the properties', { 'hello.c': HELLO_C }, ['-Wl,--build-id=none']],
    ['stripped', { 'hello.c': HELLO_C }, ['-s']],
  ])('%s: laid out, it is the same program in ring 3', async (name, sources, flags) => {
    const file = executable(name.replace(/\W/g, ''), sources, ...flags);
    const elf = readElf(readFileSync(file));
    const program = layOutStaticPie(elf, SLOT);
    const made = readElf(program.elf);
    expect(verifyElf(made)).toEqual([]);
    expect(made.segments.map(({ type }) => type)).toContain(PT_UKL_INITRAMFS);
    expect(made.segments.every(({ offset, virtualAddress }) => BigInt(offset) === virtualAddress)).toBe(true);

    const laidOut = `${file}.slot`;
    writeFileSync(laidOut, program.elf);
    chmodSync(laidOut, 0o755);
    const run = (path: string) => {
      const { status, signal, stdout } = spawnSync(path, ['x'], { argv0: 'x', encoding: 'utf8' });
      return { status, signal, stdout };
    };
    expect(run(laidOut)).toEqual(run(file));
    const { stderr, status } = spawnSync('readelf', ['-lSsnW', laidOut], { encoding: 'utf8' });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });

    const parts = await syntheticParts({
      ...smallKernel,
      slotSize: SLOT,
      size: smallKernel.slotOffset + SLOT,
    });
    const { ukl } = await readImage(packImage(parts, { program }));
    expect(Buffer.from(ukl?.program?.elf ?? []).equals(program.elf)).toBe(true);
  });

  it('has its functions in the slot’s symbol table under prefixed names, ascending', () => {
    const file = executable('symbols', { 'hello.c': HELLO_C });
    const original = readElf(readFileSync(file));
    const { symbols } = readElf(layOutStaticPie(original, SLOT).elf);
    const found = Array.from(symbols ?? [], ({ name, value }) => `${value} ${name}`);
    const main = Array.from(original.symbols ?? []).find(({ name }) => name === 'main');
    expect(found).toContain(`${main?.value} ukl_main`);
    expect(found.filter((line) => / ukl_(_end|_DYNAMIC|\.L)/.test(line))).toEqual([]);
    const values = Array.from(symbols ?? [], ({ value }) => Number(value));
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(readElf(layOutStaticPie(original, SLOT, true).elf).symbols).toBe(undefined);
  });
});

/** An ELF file with a PT_NOTE and one PT_LOAD for each of these, its bytes made up. */
function fileOf(loads: readonly { at: number; size: number; memory: number; align?: number }[]): Uint8Array {
  const first = 64 + (loads.length + 1) * PROGRAM_HEADER_SIZE;
  const header = { flags: 6, paddr: 0n, align: 4096 };
  let offset = 0;
  const headers = loads.map(({ at, size, memory, align = 4096 }, index) => {
    const own = {
      ...header,
      type: PT.LOAD,
      align,
      offset,
      vaddr: BigInt(at),
      fileSize: size,
      memSize: memory,
    };
    // In the file one follows the other, at the same place of a page as in memory.
    const next = loads[index + 1]?.at ?? 0;
    offset += size + ((4096 + ((next - offset - size) % 4096)) % 4096);
    return own;
  });
  const bytes = new Uint8Array(offset + 4096).map((_, i) => i % 251);
  const note = { ...header, type: PT.NOTE, offset: first, vaddr: BigInt(first), fileSize: 0, memSize: 0 };
  writeElfHeaders(bytes, 0x100n, [...headers, note]);
  bytes.fill(0, 40, 48).fill(0, 58, 64);
  bytes[16] = 3;
  return bytes;
}

describe('segments of any layout', () => {
  it('land where the ELF file says, with zeros between them', () => {
    const random = new Random(5);
    for (let round = 0; round < 300; round++) {
      let at = 0;
      const loads = Array.from({ length: 1 + random.below(6) }, (_, i) => {
        const size = i === 0 ? 1000 + random.below(9000) : random.below(9000);
        const one = { at, size, memory: Math.max(1, size + random.below(3) * random.below(9000)) };
        at =
          (Math.ceil((at + one.memory) / 4096) + random.below(3)) * 4096 +
          random.below(2) * random.below(4096);
        return one;
      });
      const file = fileOf(loads);
      const elf = readElf(file);
      const made = layOutStaticPie(elf, SLOT).elf;
      const headersEnd = 64 + elf.segments.length * PROGRAM_HEADER_SIZE;
      const wanted = new Uint8Array(made.length);
      for (const { type, contents, virtualAddress } of elf.segments)
        if (type === PT.LOAD) wanted.set(contents, Number(virtualAddress));
      const end = readElf(made).section(1).offset;
      expect(Buffer.compare(made.subarray(headersEnd, end), wanted.subarray(headersEnd, end))).toBe(0);
    }
  });

  it.each([
    [
      'a page shared',
      [
        { at: 0, size: 1000, memory: 1000 },
        { at: 2048, size: 8, memory: 8 },
      ],
      /UKL2041.*shares a page/,
    ],
    ['nothing at 0', [{ at: 4096, size: 1000, memory: 1000 }], /UKL2041.*start of the file at address 0/],
    ['larger in the file', [{ at: 0, size: 1000, memory: 900 }], /UKL2041.*larger in the file/],
    [
      'aligned too much',
      [{ at: 0, size: 1000, memory: 1000, align: 4 << 20 }],
      /UKL2041.*aligned to 4194304/,
    ],
    ['too large', [{ at: 0, size: 1000, memory: SLOT + 1 }], /UKL3001/],
  ])('%s: refused', (_, loads, message) => {
    expect(problemsOf(() => layOutStaticPie(readElf(fileOf(loads)), SLOT))[0]).toMatch(message);
  });

  it('no header to spare: refused', () => {
    const file = fileOf([{ at: 0, size: 1000, memory: 1000 }]);
    file[64 + PROGRAM_HEADER_SIZE] = PT.TLS;
    expect(problemsOf(() => layOutStaticPie(readElf(file), SLOT))[0]).toMatch(/UKL2042/);
  });
});

describe('which files are such executables', () => {
  const open = (...words: string[]) => openExecutable(parseProgramArguments(words));

  it('a static PIE that is alone', () => {
    const file = executable('alone', { 'hello.c': HELLO_C });
    expect(open(file, '-s')).toMatchObject({ path: file, stripAll: true });
    expect(open(file, '-lm')).toBe(undefined);
    expect(open(file, '-u', 'x')).toBe(undefined);
  });

  it('no object, dynamic or fixed program, shared library, or absent file', () => {
    const object = shop.compile('hello.c', HELLO_C);
    for (const flags of [['-no-pie'], ['-static', '-no-pie'], ['-pie'], ['-shared']]) {
      const file = shop.path(`other${flags.join('')}`);
      execFileSync('gcc', [...flags, object, '-o', file]);
      expect(open(file)).toBe(undefined);
    }
    expect(open(object)).toBe(undefined);
    expect(open('/nowhere')).toBe(undefined);
  });
});
