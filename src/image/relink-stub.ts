import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageErrors, UklError } from '../errors/index.js';
import type { Algorithm } from './compression.js';
import { SavedCommand } from './saved-command.js';
import { compileFor, type Substitutes } from './stub-objects.js';
import type { LinkedStub } from './stub-template.js';

const BOOT = 'arch/x86/boot';
const STUB = `${BOOT}/compressed`;

/** What mkpiggy (arch/x86/boot/compressed/mkpiggy.c) writes, with a payload of zeros instead of a file's. */
function piggy(payloadSize: number, outputSize: number): string {
  return `.section ".rodata..compressed","a",@progbits
.globl z_input_len
z_input_len = ${payloadSize}
.globl z_output_len
z_output_len = ${outputSize}
.globl input_data, input_data_end
input_data:
.skip ${payloadSize}
input_data_end:
.section ".rodata","a",@progbits
.globl input_len
input_len:
	.long ${payloadSize}
.globl output_len
output_len:
	.long ${outputSize}
`;
}

/** `#define ZO_name 0x…` lines of zoffset.h. */
function zoffset(text: string, name: string): number {
  const value = new RegExp(`^#define ZO_${name} 0x([0-9a-f]+)$`, 'mi').exec(text)?.[1];
  if (value === undefined)
    throw new UklError(imageErrors.relinkFailed(`${BOOT}/zoffset.h`, `no ZO_${name} in it`));
  return parseInt(value, 16);
}

/**
 * Links the boot stub and the setup code of a finished kernel build with payloads of any size and for any algorithm, by the
 * commands the build itself used, without touching the build: everything new goes to `workDir`.
 */
export class StubLinker {
  private constructor(
    private readonly buildDir: string,
    private readonly workDir: string,
    private readonly commands: Readonly<Record<string, SavedCommand>>,
    private readonly substitutes: Substitutes,
  ) {}

  /** @throws UklError UKL3020 when the build is not finished, UKL3021 when the stub cannot be compiled for `algorithm` */
  static async open(buildDir: string, workDir: string, algorithm: Algorithm): Promise<StubLinker> {
    const targets = [
      `${STUB}/piggy.o`,
      `${STUB}/vmlinux`,
      `${BOOT}/vmlinux.bin`,
      `${BOOT}/zoffset.h`,
      `${BOOT}/header.o`,
      `${BOOT}/setup.elf`,
      `${BOOT}/setup.bin`,
      `${BOOT}/bzImage`,
    ];
    const load = (target: string): Promise<SavedCommand> => SavedCommand.load(buildDir, target);
    const commands: Record<string, SavedCommand> = {};
    for (const target of targets) commands[target] = await load(target);
    const links = [`${STUB}/vmlinux`, `${BOOT}/setup.elf`].map((target) => commands[target]!);
    const substitutes = await compileFor(algorithm, { buildDir, workDir, links, load });
    return new StubLinker(buildDir, workDir, commands, substitutes);
  }

  /**
   * The bzImage of a payload of zeros.
   *
   * @param payloadSize - bytes, a multiple of 4096
   * @param outputSize - bytes the payload is said to decompress to
   */
  async link(payloadSize: number, outputSize: number): Promise<LinkedStub> {
    const at = (name: string): string => join(this.workDir, name);
    const run = (target: string, files: Readonly<Record<string, string>>): Promise<void> =>
      this.commands[target]!.run(this.buildDir, { ...this.substitutes[target], ...files });

    await writeFile(at('piggy.S'), piggy(payloadSize, outputSize));
    // `#include "zoffset.h"` finds the one next to header.S first.
    await copyFile(join(this.buildDir, BOOT, 'header.S'), at('header.S'));

    await run(`${STUB}/piggy.o`, {
      [`${STUB}/piggy.S`]: at('piggy.S'),
      [`${STUB}/piggy.o`]: at('piggy.o'),
      [`${STUB}/.piggy.o.d`]: at('piggy.o.d'),
    });
    await run(`${STUB}/vmlinux`, { [`${STUB}/piggy.o`]: at('piggy.o'), [`${STUB}/vmlinux`]: at('stub.elf') });
    await run(`${BOOT}/vmlinux.bin`, {
      [`${STUB}/vmlinux`]: at('stub.elf'),
      [`${BOOT}/vmlinux.bin`]: at('stub.bin'),
    });
    await run(`${BOOT}/zoffset.h`, {
      [`${STUB}/vmlinux`]: at('stub.elf'),
      [`${BOOT}/zoffset.h`]: at('zoffset.h'),
    });
    await run(`${BOOT}/header.o`, {
      [`${BOOT}/header.S`]: at('header.S'),
      [`${BOOT}/header.o`]: at('header.o'),
      [`${BOOT}/.header.o.d`]: at('header.o.d'),
    });
    await run(`${BOOT}/setup.elf`, {
      [`${BOOT}/header.o`]: at('header.o'),
      [`${BOOT}/setup.elf`]: at('setup.elf'),
    });
    await run(`${BOOT}/setup.bin`, {
      [`${BOOT}/setup.elf`]: at('setup.elf'),
      [`${BOOT}/setup.bin`]: at('setup.bin'),
    });
    await run(`${BOOT}/bzImage`, {
      [`${BOOT}/setup.bin`]: at('setup.bin'),
      [`${BOOT}/vmlinux.bin`]: at('stub.bin'),
      [`${BOOT}/zoffset.h`]: at('zoffset.h'),
      [`${BOOT}/bzImage`]: at('bzImage'),
    });

    const offsets = await readFile(at('zoffset.h'), 'utf8');
    return {
      image: await readFile(at('bzImage')),
      payloadSize,
      outputSize,
      stubEnd: zoffset(offsets, '_end'),
      headEnd: zoffset(offsets, '_ehead'),
    };
  }
}
