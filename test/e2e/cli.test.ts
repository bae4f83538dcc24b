import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findTool, packageRoot } from '../../src/host/index.js';
import { commands } from '../../src/cli/commands.js';
import { runCli } from '../support/cli.js';
import { fakeKernel } from '../support/fake-kernel.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A fresh, empty cache. */
const emptyCache = (): NodeJS.ProcessEnv => ({ UKL_CACHE_DIR: join(temporaryFolder(), 'cache') });

/** A PATH that holds only these tools. */
function pathWith(...tools: string[]): string {
  const folder = temporaryFolder();
  for (const tool of tools) symlinkSync(findTool(tool) ?? tool, join(folder, tool));
  return folder;
}

describe('help', () => {
  it('names every command, on standard output', async () => {
    const { status, stdout, stderr } = await runCli(['--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const { usage, describe: what } of commands) {
      expect(stdout).toContain(usage);
      expect(stdout).toContain(what);
    }
    for (const option of [
      '--with-program',
      '--output',
      '--args',
      '--env',
      '--cmdline',
      '--rootfs',
      '--compress',
      'lz4|zstd|gzip|none',
      '--kit',
      '--syscalls',
      '--map',
      '--config',
      '--dependency-file',
      '--print-makefile',
      '--print-cmake',
      '--print-stats',
    ]) {
      expect(stdout).toContain(option);
    }
  });

  it('is there for every command', async () => {
    const names = commands.map(({ usage }) => usage.split(' ')[0] ?? '');
    for (const name of names) {
      const { status, stdout } = await runCli([name, '--help']);
      expect({ name, status }).toEqual({ name, status: 0 });
      expect(stdout).toMatch(new RegExp(`^ukl-link ${name}`));
    }
  });

  it('--version is the package’s', async () => {
    const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(await runCli(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });
});

it('says what to do when it is not built yet', () => {
  const checkout = temporaryFolder();
  const bin = join(checkout, 'bin/ukl-link');
  for (const folder of ['bin', 'libexec']) mkdirSync(join(checkout, folder));
  for (const file of ['bin/ukl-link', 'libexec/start.cjs'])
    copyFileSync(join(packageRoot, file), join(checkout, file));
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, '--version'], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toBe('ukl-link: this checkout is not built yet\n    build it with: make tool\n');
});

describe('wrong usage', () => {
  it.each([
    [[]],
    [['link']],
    [['-o', 'out']],
    [['--with-program=a.o']],
    [['--with-program=a.o', '-o', 'out', '--args', "'open"]],
    [['--with-program=a.o', '-o', 'out', '--syscalls=some']],
    [['--with-program=a.o', '-o', 'out', '--compress', 'fast']],
    [['--with-program=a.o', '-o', 'out', '--compress=lz4', '--compress=zstd']],
    [['run']],
    [['run', 'a', 'b']],
    [['run', 'a', '--unknown']],
    [['run', 'a', '--accel', 'fast']],
    [['kernel']],
    [['kernel', 'bake']],
    [['kernel', 'build', '--jobs', 'many']],
    [['kernel', 'build', '--slot-size', '64', '--slot-size', '32']],
    [['kernel', 'build', '--tree', 'a', '--source', 'b']],
    [['kernel', 'remove']],
    [['doctor', 'now']],
  ])('%j ends with status 2 and one catalogued error on standard error', async (args) => {
    const { status, stdout, stderr } = await runCli(args, { env: emptyCache() });
    expect(stderr).toMatch(/^ukl-link: error UKL6001: .+\n {4}see `ukl-link.* --help`\n$/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('is JSON where JSON is wanted', async () => {
    const { status, stdout } = await runCli(['kernel', 'list', '--all', '--json'], { env: emptyCache() });
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ diagnostics: [{ code: 'UKL6001', severity: 'error' }] });
  });
});

describe('kernel', () => {
  it('builds the profiles that there are', async () => {
    const { status, stderr } = await runCli(['kernel', 'build', '--profile', 'fast'], { env: emptyCache() });
    expect(status).toBe(1);
    expect(stderr).toBe(
      'ukl-link: error UKL4022: there is no profile "fast"\n    profiles: default, debug\n',
    );
    const help = await runCli(['kernel', 'build', '--help']);
    expect(help.stdout.replace(/\s+/g, ' ')).toContain('--profile Configuration: default or debug [default]');
  });

  it('says what to do when there is no kit', async () => {
    const env = emptyCache();
    const shown = await runCli(['kernel', 'show'], { env });
    expect(shown.status).toBe(1);
    expect(shown.stderr).toContain('error UKL4010');
    expect(shown.stderr).toContain('ukl-link kernel build');
    expect(await runCli(['kernel', 'list', '--json'], { env })).toMatchObject({ status: 0, stdout: '[]\n' });
  });

  it('names every missing tool at once, with one command', async () => {
    const env = { ...emptyCache(), PATH: pathWith('tar', 'sh') };
    const { status, stderr } = await runCli(['kernel', 'build'], { env });
    expect(status).toBe(1);
    expect(stderr).toMatch(/error UKL6002: .*gcc, ld, make, flex, bison, bc, lz4, patch, xz/);
    expect(stderr.match(/apt-get install/g)).toHaveLength(1);
  });

  it('says how to get the source', async () => {
    const { status, stderr } = await runCli(['kernel', 'build', '--source', '/none.tar'], {
      env: emptyCache(),
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/error UKL4001: .*\n {4}in \/none\.tar\n.*apt-get install .* linux-source-6\.1/);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('stops on %s and leaves nothing unfinished', async (signal) => {
    const folder = temporaryFolder();
    // The patches of the project do not fit the fake kernel: it is stopped before they are applied.
    const { tree } = fakeKernel(folder);
    writeFileSync(
      join(tree, 'Makefile'),
      `${readFileSync(join(tree, 'Makefile'), 'utf8')}\nmrproper: slow\nslow:\n\tsleep 60\n`,
    );
    const cache = join(folder, 'cache');
    const started = Date.now();
    const { status, stderr } = await runCli(['kernel', 'build', '--source', tree], {
      env: { UKL_CACHE_DIR: cache },
      onStderr: (text, kill) => {
        if (text.includes('unpacking')) setTimeout(() => kill(signal), 500);
      },
    });
    expect(status).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(stderr).toContain(`error UKL6006: stopped by ${signal}`);
    expect(Date.now() - started).toBeLessThan(30_000);
    const files = readdirSync(cache, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files.map(({ name }) => name)).toEqual([]);
  });
});

describe('doctor', () => {
  it('says what is there and what is missing, once, with one command', async () => {
    const env = { ...emptyCache(), PATH: pathWith('gcc', 'ld', 'tar', 'xz') };
    const { status, stdout, stderr } = await runCli(['doctor'], { env });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^missing +kernel build +make, flex, bison, bc, lz4, patch, perl$/m);
    expect(stdout).toMatch(/^missing +run +qemu-system-x86_64, setpriv$/m);
    expect(stdout).toMatch(/^missing +gdb +gdb$/m);
    expect(stderr).toMatch(/error UKL6002/);
    expect(stderr.match(/apt-get install .*/g)).toEqual([
      expect.stringMatching(/ bc bison flex gdb git lz4 make patch perl qemu-system-x86 util-linux$/),
    ]);
  });

  it('prints JSON', async () => {
    const { status, stdout } = await runCli(['doctor', '--json'], { env: emptyCache() });
    const { checks, missing } = JSON.parse(stdout) as { checks: { purpose: string }[]; missing: unknown[] };
    expect(status).toBe(missing.length === 0 ? 0 : 1);
    expect(checks.map(({ purpose }) => purpose)).toEqual([
      'node',
      'link',
      'kernel build',
      'run',
      'run --disk',
      'gdb',
      'kernel tree',
      'kvm',
      'kits',
      'cache',
    ]);
  });
});

describe('link', () => {
  it('reports everything that is wrong together, and writes nothing', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'in'));
    writeFileSync(join(folder, 'in/text.o'), 'not an object');
    const out = join(folder, 'out.bzImage');
    const words = ['--with-program=in/text.o', 'in/none.o', '-lnone', '-o', out];
    const { status, stdout, stderr } = await runCli(words, { cwd: folder, env: emptyCache() });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/UKL4010/);
    expect(stderr).toMatch(/UKL1001[^]*in in\/text\.o/);
    expect(stderr).toMatch(/in\/none\.o/);
    expect(existsSync(out)).toBe(false);
  });
});
