import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { SavedCommand } from '../../../src/image/saved-command.js';
import { compileFor } from '../../../src/image/stub-objects.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** A built tree of three objects, as kbuild leaves it: one that asks for the compression, one that does not, one in assembly. */
let buildDir: string;
let workDir: string;

const sources: Readonly<Record<string, string>> = {
  'misc.c': `#ifdef CONFIG_KERNEL_LZ4
const char choice[] = "lz4";
#endif
#ifdef CONFIG_KERNEL_ZSTD
const char choice[] = "zstd";
#endif
#ifdef CONFIG_KERNEL_GZIP
const char choice[] = "gzip";
#endif
`,
  'other.c': 'const char other[] = "the same for all";\n',
  'head.S': '#ifdef CONFIG_KERNEL_ZSTD\n.long 0x30000\n#else\n.long 0x10000\n#endif\n',
};

beforeEach(() => {
  const folder = temporaryFolder();
  buildDir = join(folder, 'linux');
  workDir = join(folder, 'work');
  mkdirSync(workDir);
  for (const name of ['boot', 'include/linux', 'include/generated'])
    mkdirSync(join(buildDir, name), { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(join(buildDir, name), text);
  write('include/generated/autoconf.h', '#define CONFIG_64BIT 1\n#define CONFIG_KERNEL_LZ4 1\n');
  write(
    'include/linux/kconfig.h',
    '#ifndef KCONFIG\n#define KCONFIG\n#include <generated/autoconf.h>\n#endif\n',
  );
  for (const [source, text] of Object.entries(sources)) {
    write(`boot/${source}`, text);
    const object = `boot/${source.replace(/\..$/, '.o')}`;
    const depfile = object.replace('boot/', 'boot/.');
    const command = `gcc -Wp,-MMD,${depfile}.d -I./include -include ./include/linux/kconfig.h -c -o ${object} boot/${source}`;
    execFileSync('sh', ['-c', command], { cwd: buildDir });
    const depends = text.includes('CONFIG_KERNEL_') ? '    $(wildcard include/config/KERNEL_ZSTD) \\\n' : '';
    write(`${depfile}.cmd`, `cmd_${object} := ${command} \n\ndeps_${object} := \\\n${depends}\n`);
  }
  write(
    'boot/.vmlinux.cmd',
    'cmd_boot/vmlinux := ld -r -o boot/vmlinux boot/misc.o boot/other.o boot/head.o\n',
  );
});

const load = (target: string): Promise<SavedCommand> => SavedCommand.load(buildDir, target);

async function linked(algorithm: 'lz4' | 'zstd' | 'gzip'): Promise<Buffer> {
  const link = await load('boot/vmlinux');
  const substitutes = await compileFor(algorithm, { buildDir, workDir, links: [link], load });
  const output = join(workDir, 'vmlinux');
  await link.run(buildDir, { ...substitutes['boot/vmlinux'], 'boot/vmlinux': output });
  return readFileSync(output);
}

describe('compileFor', () => {
  it('compiles again what asks for the compression, and nothing else', async () => {
    const link = await load('boot/vmlinux');
    const substitutes = await compileFor('zstd', { buildDir, workDir, links: [link], load });
    expect(Object.keys(substitutes['boot/vmlinux']!).sort()).toEqual(['boot/head.o', 'boot/misc.o']);
    expect(Object.keys(substitutes).sort()).toEqual(['boot/head.o', 'boot/misc.o', 'boot/vmlinux']);
    const before = execFileSync('sh', ['-c', 'cksum boot/* boot/.*.[cd]*'], {
      cwd: buildDir,
      encoding: 'utf8',
    });
    const zstd = await linked('zstd');
    expect(zstd.includes('zstd\0')).toBe(true);
    expect(zstd.includes('lz4\0')).toBe(false);
    expect(zstd.includes(Buffer.of(0, 0, 3, 0))).toBe(true);
    expect(zstd.includes('the same for all')).toBe(true);
    expect((await linked('gzip')).includes('gzip\0')).toBe(true);
    const after = execFileSync('sh', ['-c', 'cksum boot/* boot/.*.[cd]*'], {
      cwd: buildDir,
      encoding: 'utf8',
    });
    expect(after, 'the build stays as it was').toBe(before);
  });

  it('takes the objects of the build for the algorithm that it was made with', async () => {
    expect(await compileFor('lz4', { buildDir, workDir, links: [await load('boot/vmlinux')], load })).toEqual(
      {},
    );
    expect((await linked('lz4')).includes('lz4\0')).toBe(true);
  });

  it('says what fails', async () => {
    writeFileSync(join(buildDir, 'boot/misc.c'), '#ifdef CONFIG_KERNEL_ZSTD\n#error no zstd here\n#endif\n');
    await expect(linked('zstd')).rejects.toThrow(/UKL3021[^]*boot\/misc\.o[^]*no zstd here/);
    rmSync(join(buildDir, 'include/generated/autoconf.h'));
    await expect(linked('lz4')).rejects.toThrow(/UKL3020/);
  });
});
