import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { writeCpio } from '../../../src/image/index.js';
import { findToolchain } from '../../../src/inputs/index.js';
import { inspectFile, type FileReport, type MemorySizes } from '../../../src/inspect/index.js';
import { packImage } from '../../../src/image/index.js';
import { defaultRootfs, trigger } from '../../../src/image/rootfs.js';
import { codesOf, problemsOf } from '../../support/codes.js';
import { packedKit } from '../../support/fake-kernel.js';
import { syntheticParts } from '../../support/image/synthetic-kit.js';
import { syntheticProgram } from '../../support/image/synthetic-program.js';
import { buildStubImage } from '../../support/stub-image.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { CODE_MODELS, HELLO_C, Workshop } from '../link/corpus.js';

const shop = new Workshop();
afterAll(() => shop.remove());

type ReportOf<K extends FileReport['kind']> = Extract<FileReport, { readonly kind: K }>;

/** The report of a file that must be of this kind. */
async function reportOf<K extends FileReport['kind']>(kind: K, file: string): Promise<ReportOf<K>> {
  const report = await inspectFile(file);
  expect(report.kind).toBe(kind);
  return report as ReportOf<K>;
}

/** What binutils' `size` says of each object in a file. */
function sizesBySize(file: string): MemorySizes[] {
  const lines = execFileSync('size', [file], { encoding: 'utf8', maxBuffer: 1 << 26 })
    .trim()
    .split('\n')
    .slice(1);
  return lines.map((line) => {
    const [text = 0, data = 0, bss = 0] = line.trim().split(/\s+/).map(Number);
    return { text, data, bss };
  });
}

/** `syscall` instructions that objdump finds. */
const syscallsByObjdump = (file: string): number =>
  Number(
    execFileSync('sh', ['-c', 'objdump -d --no-show-raw-insn "$1" | grep -c "\\ssyscall\\s*$"', 'sh', file]),
  );

describe('objects', () => {
  it.each([
    ['pie', 'position-independent'],
    ['pic', 'position-independent'],
    ['kernel', 'top 2 GiB'],
  ] as const)('compiled as %s are %s', async (model, says) => {
    const source = 'static int n; int *p = &n; int main(void) { extern void f(int *); f(&n); return n; }';
    const report = await reportOf('object', shop.compile(`${model}.c`, source, CODE_MODELS[model]));
    expect(report.codeModel).toBe(says);
    expect(report.memory).toEqual(sizesBySize(report.file)[0]);
  });

  it('that cannot reach the slot, or take 64-bit addresses, are told', async () => {
    const narrow = shop.compile('narrow.s', '.globl f\nf: mov $f, %eax\n ret\n');
    expect(await reportOf('object', narrow)).toMatchObject({
      codeModel: 'low 2 GiB',
      relocations: { R_X86_64_32: 1 },
    });
    const privileged = shop.compile(
      'cli.s',
      '.globl f\nf: cli\n ret\n.section .note.GNU-stack,"",@progbits\n',
    );
    const checked = await reportOf('object', privileged);
    expect(checked.findings.error + checked.findings.warning).toBe(1);
    const large = shop.compile('large.s', '.globl f\nf: movabs $f, %rax\n ret\n');
    expect(await reportOf('object', large)).toMatchObject({
      codeModel: 'large',
      relocations: { R_X86_64_64: 1 },
    });
  });

  it('have the sections that readelf lists, with its flags', async () => {
    const report = await reportOf(
      'object',
      shop.compile(
        'hello.cc',
        '#include <string>\n#include <vector>\nint f(std::vector<std::string> &v) { v.emplace_back("a"); return v.size(); }',
      ),
    );
    const listed = execFileSync('readelf', ['-SW', report.file], { encoding: 'utf8' });
    const pattern =
      /^ *\[ *\d+\] (\S+) +(\S+) +[0-9a-f]{16} ([0-9a-f]+) ([0-9a-f]+) [0-9a-f]+ +([A-Zl]*) +\d+ +\d+ +(\d+)$/gm;
    const expected = [...listed.matchAll(pattern)].map(([, name, , offset, size, flags, align]) => ({
      name,
      offset: parseInt(offset ?? '', 16),
      size: parseInt(size ?? '', 16),
      flags,
      align: Number(align),
    }));
    expect(expected.length).toBeGreaterThan(20);
    expect(
      report.sections.map(({ name, offset, size, flags, align }) => ({ name, offset, size, flags, align })),
    ).toEqual(expected);
    const relocations = execFileSync('readelf', ['-rW', report.file], { encoding: 'utf8' });
    const total = report.sections.reduce((sum, section) => sum + section.relocations, 0);
    expect(total).toBe(relocations.match(/^[0-9a-f]{16} /gm)?.length);
    expect(report.groups).toBe(
      execFileSync('readelf', ['-gW', report.file], { encoding: 'utf8' }).match(/^COMDAT/gm)?.length,
    );
  });
});

describe('archives', () => {
  it('libc.a: what size, nm and objdump say of it', async () => {
    const { systemLibraries } = await findToolchain();
    const libc = systemLibraries.find((path) => path.endsWith('/libc.a')) ?? '';
    const report = await reportOf('archive', libc);
    const objects = report.members.filter((member) => member.kind === 'object');
    expect(objects.map(({ memory }) => memory)).toEqual(sizesBySize(libc));
    expect(report.objects).toBe(objects.length);
    const { total, redirected, native } = report.sites;
    expect(total).toBe(syscallsByObjdump(libc));
    expect(total).toBe(objects.reduce((sum, { sites }) => sum + sites.total, 0));
    expect(total - redirected).toBe(Object.values(native).reduce((sum, count) => sum + count, 0));
    expect(redirected).toBeGreaterThan(total * 0.97);
    const index = execFileSync('nm', ['--print-armap', libc], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(report.index).toBe(index.match(/^\S+ in \S+$/gm)?.length);
  }, 60_000);

  it('thin ones, members that are no objects, no index', async () => {
    const object = shop.compile('member.c', 'int value = 7;');
    const thin = await reportOf('archive', shop.archive('thin.a', [object], 'rcsT'));
    expect(thin).toMatchObject({
      findings: { error: 0, warning: 0 },
      thin: true,
      objects: 1,
      index: 1,
      memory: { data: 4 },
    });
    writeFileSync(shop.path('read.me'), 'text');
    writeFileSync(shop.path('half.o'), readFileSync(object).subarray(0, 100));
    const mixed = await reportOf(
      'archive',
      shop.archive('mixed.a', [object, shop.path('read.me'), shop.path('half.o')], 'rcS'),
    );
    expect(mixed).toMatchObject({ thin: false, objects: 1, index: null });
    expect(mixed.members.map(({ kind }) => kind)).toEqual(['object', 'other', 'other']);
    expect(mixed.members[1]).toMatchObject({ what: 'not an ELF file' });
    expect(mixed.members[2]).toMatchObject({ what: expect.stringMatching(/^UKL1\d{3}: /) as string });
  });
});

describe('programs', () => {
  const cases: [flags: string[], what: RegExp, interpreter: boolean][] = [
    [['-static'], /^a statically linked program at a fixed address/, false],
    [['-static-pie'], /^a finished static program/, false],
    [[], /^a dynamically linked program \(position-independent/, true],
    [['-no-pie'], /^a dynamically linked program \(ET_EXEC/, true],
    [['-shared', '-fPIC'], /^a shared library/, false],
  ];
  it.each(cases)('gcc %j', async (flags, what, interpreter) => {
    const file = shop.path(`program${flags.join('')}`);
    writeFileSync(shop.path('hello.c'), HELLO_C);
    execFileSync('gcc', [...flags, shop.path('hello.c'), '-o', file]);
    const report = await reportOf('program', file);
    expect(report.what).toMatch(what);
    expect(report.interpreter !== undefined).toBe(interpreter);
    expect(report.needed).toEqual(interpreter || flags.includes('-shared') ? ['libc.so.6'] : []);
    expect(report.memory).toEqual(sizesBySize(file)[0]);
    const readelf = execFileSync('readelf', ['-lhW', file], { encoding: 'utf8' });
    expect(BigInt(report.entry)).toBe(BigInt(/Entry point address: +(\S+)/.exec(readelf)?.[1] ?? -1));
    const listed = [
      ...readelf.matchAll(
        /^ {2}([A-Z_]+) +0x([0-9a-f]+) 0x([0-9a-f]+) 0x\S+ 0x([0-9a-f]+) 0x([0-9a-f]+) ([RWE ]{3})/gm,
      ),
    ];
    expect(
      report.segments.map((s) => [s.type, s.offset, s.address, s.fileSize, s.memorySize, s.flags]),
    ).toEqual(
      listed.map(([, type, offset = '', address = '', fileSize = '', memorySize = '', flags]) => [
        `PT_${type}`,
        parseInt(offset, 16),
        `0x${address}`,
        parseInt(fileSize, 16),
        parseInt(memorySize, 16),
        flags,
      ]),
    );
    expect(report.code.syscalls).toBe(flags[0]?.startsWith('-static') ? syscallsByObjdump(file) : 0);
    expect(report.notes.some(({ text }) => text?.startsWith('build ID '))).toBe(
      readelf.length > 0 && hasBuildId(file),
    );
  });

  const hasBuildId = (file: string): boolean =>
    execFileSync('readelf', ['-nW', file], { encoding: 'utf8' }).includes('Build ID');
});

describe('images', () => {
  const MIB = 1 << 20;
  const TEXT_LOW = 0x81000000;
  const KEY = 'c0ffee'.padEnd(64, '0');

  async function ourImage(): Promise<string> {
    const parts = await syntheticParts({
      segments: [{ offset: 0, data: Buffer.alloc(5000, 'kernel') }],
      slotOffset: 2 * MIB,
      slotSize: 2 * MIB,
      size: 5 * MIB,
      relocs: { relocs64: [TEXT_LOW], relocs32Inverse: [], relocs32: [] },
      cmdlineOffset: 64,
    });
    const program = syntheticProgram(parts.slot, [{ offset: 0, data: Buffer.alloc(0x3000, 0x90), bss: 77 }], {
      words64: [0x2800],
    });
    const initramfs = writeCpio(
      defaultRootfs({ init: Buffer.from('init'), argv: ['prog', 'an arg'], env: ['A=b'] }),
    );
    const file = join(temporaryFolder(), 'image');
    writeFileSync(file, packImage(parts, { program, initramfs, cmdline: 'quiet', kit: KEY }));
    return file;
  }

  it('of ours tell all that went into them', async () => {
    const { link, ...image } = await reportOf('image', await ourImage());
    expect(image).toMatchObject({
      kernel: '6.1.0-synthetic (nobody@nowhere)',
      compression: 'lz4',
      crcGood: true,
    });
    expect(link).toMatchObject({
      kit: KEY,
      slot: { address: '0xffffffff81200000', size: 2 * MIB },
      cmdline: 'quiet',
      argv: ['prog', 'an arg'],
      env: ['A=b'],
      program: { memory: { bss: 77 }, sections: 0 },
    });
    expect(link?.bootRelocations.kernel).toBe(1);
    expect(link?.bootRelocations.program).toBeGreaterThan(1);
    expect(link?.kitFolder).toBeUndefined();
    const part = (name: string): number | undefined => link?.parts.find((p) => p.name === name)?.size;
    expect([part('kernel'), part('command line'), part('program')]).toEqual([5000, 2048, expect.any(Number)]);
    expect(part('root file system')).toBe(link?.rootfs?.size);
    const { entries = [] } = link?.rootfs ?? {};
    expect(entries).toContainEqual({ path: 'init', type: 'file', mode: '0755', uid: 0, gid: 0, size: 4 });
    expect(entries).toContainEqual(expect.objectContaining({ path: 'dev/console', device: [5, 1] }));
  });

  it('of another make say what the setup header says', async () => {
    const file = await buildStubImage(temporaryFolder(), 'other', { then: 'hang' });
    expect(await reportOf('image', file)).toMatchObject({
      link: null,
      boot: { protocol: '2.12', relocatable: false, efiStub: false, alignment: 4096, cmdlineSize: 2047 },
    });
  });

  it('that are cut short or damaged are one catalogued error', async () => {
    const whole = readFileSync(await ourImage());
    const file = join(temporaryFolder(), 'image');
    for (const [size, code] of [
      [0x206, 'UKL3014'],
      [4096, 'UKL3014'],
      [whole.length - 2000, 'UKL3014'],
    ] as const) {
      writeFileSync(file, whole.subarray(0, size));
      expect(await codesOf(inspectFile(file)), `${size} bytes`).toEqual([code]);
    }
  });
});

describe('kits', () => {
  it('as a folder and packed, with their files checked on demand', async () => {
    const { kit, file } = await packedKit(temporaryFolder());
    const { manifest } = kit;
    const symbols = readFileSync(join(kit.folder, 'System.map'), 'utf8').trim().split('\n').length;
    for (const [name, packed] of [
      [kit.folder, false],
      [file, true],
    ] as const) {
      const report = await inspectFile(name, { verify: true });
      expect(report).toMatchObject({
        kind: 'kit',
        packed,
        key: manifest.key,
        kernel: manifest.kernel,
        symbols,
        verified: true,
      });
      expect(await inspectFile(name)).toMatchObject({ verified: false });
    }
    writeFileSync(join(kit.folder, 'boot/part'), 'boot tarp');
    expect(await inspectFile(kit.folder)).toMatchObject({ verified: false });
    expect(await codesOf(inspectFile(kit.folder, { verify: true }))).toEqual(['UKL4013']);
  });

  it('that are not whole are told', async () => {
    const folder = temporaryFolder();
    expect(await codesOf(inspectFile(folder))).toEqual(['UKL4013']);
    const { file } = await packedKit(join(temporaryFolder(), '.'));
    const cut = join(folder, 'cut.tar.gz');
    writeFileSync(cut, readFileSync(file).subarray(0, 500));
    expect(await codesOf(inspectFile(cut))).toEqual(['UKL4016']);
    expect(await codesOf(inspectFile('deadbeef0000'))).toEqual(['UKL4011']);
  });
});

describe('other files', () => {
  it.each<[string, string | Buffer, string, RegExp]>([
    ['empty', '', 'UKL6008', /but empty$/],
    ['text', 'hello\n', 'UKL6008', /but text$/],
    ['script', '#!/bin/sh\n', 'UKL6008', /but a script$/],
    ['linker script', '/* GNU ld */ GROUP ( a.a b.a )\n', 'UKL6008', /but a linker script$/],
    ['cpio', Buffer.from(writeCpio([])), 'UKL6008', /but a cpio archive/],
    ['data', Buffer.from([1, 2, 3, 0]), 'UKL6008', /but data of no known kind$/],
    ['PE', 'MZ\x90\0', 'UKL6008', /but a PE file/],
    ['trigger', Buffer.from(trigger), 'UKL6008', /but a trigger/],
    ['gzip', gzipSync('text'), 'UKL4016', /not a packed kit/],
    ['ELF of another machine', armElf(), 'UKL1004', /another machine/],
  ])('%s', async (name, content, code, says) => {
    const file = join(temporaryFolder(), name);
    writeFileSync(file, content);
    const [problem, ...more] = await problemsOf(inspectFile(file));
    expect(problem).toMatchObject({ code, file });
    expect(problem?.message).toMatch(says);
    expect(more).toEqual([]);
  });

  it('devices, and files that are not there', async () => {
    expect(await codesOf(inspectFile('/dev/null'))).toEqual(['UKL6008']);
    expect(await codesOf(inspectFile('/none/file'))).toEqual(['UKL6005']);
  });

  function armElf(): Buffer {
    const elf = Buffer.alloc(64);
    elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
    elf.writeUInt16LE(183, 18);
    return elf;
  }
});
