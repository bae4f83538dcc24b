/** `ukl-link gdb` on real machines: the program's source lines, the kernel's functions, and the way from one to the other. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { link } from '../../src/link.js';
import { runImage } from '../../src/run/index.js';
import { runCli } from '../support/cli.js';
import { littleMemory, patience } from '../support/patience.js';

const source = join(import.meta.dirname, '../support/guest/debuggee.c');
const folder = mkdtempSync(join(tmpdir(), 'ukl-gdb-'));
afterAll(() => rmSync(folder, { recursive: true }));
const image = join(folder, 'debuggee.bzImage');
const object = join(folder, 'debuggee.o');

beforeAll(async () => {
  execFileSync('gcc', ['-g', '-O0', '-c', '-o', object, source]);
  await link({ program: [object], output: image, debugFile: `${image}.dbg` });
});

/** Runs gdb on the image and gives what it, and the machine, wrote. */
async function gdb(options: readonly string[], commands: readonly string[]): Promise<string> {
  const words = commands.flatMap((command) => ['-ex', command]);
  const { status, stdout, stderr } = await runCli([
    ...['gdb', image, ...options, '--', '-nx', '--batch', '-ex', 'set width 0', ...words],
  ]);
  expect({ status, stderr, stdout }).toMatchObject({ status: 0 });
  return stdout;
}

/** The functions of a backtrace, innermost first. In a kernel with debug information gdb names those that were inlined, too. */
const functions = (text: string): string[] =>
  Array.from(text.matchAll(/^#\d+ +(?:0x[0-9a-f]+ in )?([\w.]+) \(/gm), ([, name = '']) => name)
    .filter((name) => name !== 'do_syscall_x64')
    .map((name) => name.replace('__do_sys_', '__x64_sys_'));

const FROM_KERNEL = [
  '__x64_sys_getppid',
  'do_syscall_64',
  'ukl_entry_SYSCALL_64',
  'ukl_getppid',
  'ask',
  'main',
];

test('from the first instruction to the end: lines, variables, and a function of the kernel that serves the program', async () => {
  const output = await gdb(
    ['--timeout', String(100 * patience)],
    [
      ...['break debuggee.c:14', 'continue', 'backtrace', 'next', 'print counter'],
      ...[
        'tbreak __x64_sys_getppid',
        'continue',
        'backtrace',
        'frame function ask',
        'info source',
        'delete',
        'continue',
      ],
    ],
  );
  expect(output).toMatch(/^Temporary breakpoint 1, 0x[0-9a-f]+ in \S+ \(\)$/m);
  expect(output).toMatch(/^Breakpoint 2, (?:0x\w+ in )?ask \(\) at \S+debuggee\.c:14$/m);
  expect(output).toMatch(/^\$1 = 41$/m);
  expect(functions(output)).toEqual(expect.arrayContaining(['ask', 'main', ...FROM_KERNEL]));
  expect(functions(output).slice(-FROM_KERNEL.length - 1, -1)).toEqual(FROM_KERNEL);
  expect(output).toMatch(/^Current source file is \S+debuggee\.c$/m);
  expect(output).toMatch(/^counter 42$/m);
});

describe('where KASLR has moved the kernel', () => {
  test('a core file', async () => {
    const chunks: Uint8Array[] = [];
    const { exitCode } = await runImage({
      ...{ image, args: ['core'], memory: littleMemory, timeout: 100 * patience },
      onConsole: (bytes) => void chunks.push(bytes),
    });
    expect(exitCode).toBe(0);
    const core = join(folder, 'core');
    writeFileSync(core, Buffer.concat(chunks));
    const output = await gdb(['--core', core], ['backtrace', 'frame function main', 'print counter']);
    expect(functions(output).join(' ')).toContain('ukl_abort fall fall fall fall core main');
    expect(output).toMatch(/^\$1 = 40$/m);
  });

  test('a machine that runs', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    const end = new AbortController();
    let said = '';
    let ready = (): void => undefined;
    const running = new Promise<void>((resolve) => (ready = resolve));
    const machine = runImage({
      ...{ image, args: ['loop'], memory: littleMemory, timeout: 100 * patience, signal: end.signal },
      gdb: { port, wait: false },
      onConsole: (bytes) => {
        said += Buffer.from(bytes).toString('latin1');
        if (said.includes('looping')) ready();
      },
    });
    await Promise.race([running, machine]);
    const output = await gdb(
      ['--target-remote', `127.0.0.1:${port}`],
      ['hbreak __x64_sys_getppid', 'continue', 'backtrace', 'delete', 'detach'],
    );
    expect(functions(output).slice(-FROM_KERNEL.length)).toEqual(FROM_KERNEL);
    end.abort();
    await expect(machine).rejects.toThrow();
  });
});
