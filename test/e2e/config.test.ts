import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { fixtureObject } from '../support/images.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A folder with hello.o and this ukl.json. */
async function project(config: unknown): Promise<string> {
  const folder = temporaryFolder();
  copyFileSync(await fixtureObject('hello'), join(folder, 'hello.o'));
  writeFileSync(join(folder, 'ukl.json'), JSON.stringify(config));
  return folder;
}

const hello = {
  program: 'hello.o',
  output: 'hello.bzImage',
  args: ['a b'],
  run: { memory: 128, ports: [6379], network: 'user' },
};

describe('ukl.json', () => {
  it('says what to link, from its own folder and from elsewhere', async () => {
    const folder = await project(hello);
    expect(await runCli([], { cwd: folder })).toMatchObject({ status: 0, stderr: '' });
    const image = readFileSync(join(folder, 'hello.bzImage'));
    const elsewhere = temporaryFolder();
    const words = ['--config', join(folder, 'ukl.json'), '-o', 'other.bzImage'];
    expect(await runCli(words, { cwd: elsewhere })).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(elsewhere, 'other.bzImage')).equals(image)).toBe(true);
  });

  it('gives the image that flags give', async () => {
    const folder = await project({
      ...hello,
      env: { A: '1', B: "it's" },
      cmdline: 'quiet',
      compress: 'none',
      syscalls: 'native',
      map: 'file.map',
    });
    await runCli([], { cwd: folder });
    const flags = ['--args', "'a b'", '--env=A=1', "--env=B=it's", '--cmdline=quiet', '--compress=none'];
    const words = [
      '--with-program=hello.o',
      ...flags,
      '--syscalls=native',
      '--map=flag.map',
      '-oflag.bzImage',
    ];
    expect(await runCli(words, { cwd: folder })).toMatchObject({ status: 0, stderr: '' });
    const read = (name: string): Buffer => readFileSync(join(folder, name));
    expect(read('flag.bzImage').equals(read('hello.bzImage'))).toBe(true);
    expect(read('flag.map').equals(read('file.map'))).toBe(true);
  });

  it('is not read by a link that names its program', async () => {
    const folder = await project({ nonsense: 1 });
    const words = ['--with-program=hello.o', '-o', 'x.bzImage'];
    expect(await runCli(words, { cwd: folder })).toMatchObject({ status: 0, stderr: '' });
  });

  it('says what to check', async () => {
    const folder = await project(hello);
    const { status, stdout } = await runCli(['check'], { cwd: folder });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\d+ objects: 0 errors/m);
  });

  it('describes the machine; flags have the last word', async () => {
    const folder = await project(hello);
    await runCli([], { cwd: folder });
    const words = ['run', '--dry-run', '--accel=tcg', '-p', '7000:6379', '-m', '64'];
    const { status, stdout } = await runCli(words, { cwd: folder });
    expect(status).toBe(0);
    expect(stdout).toContain('hello.bzImage');
    expect(stdout).toMatch(/-m 64M/);
    expect(stdout).toContain('hostfwd=tcp:127.0.0.1:7000-:6379');
    expect(stdout).not.toContain(':6379-:6379');
  });

  it('puts files into the image, and disks and a name into the machine', async () => {
    const run = { disks: ['data.img:/srv,size=16M', 'more.img'], hostname: 'box' };
    const folder = await project({
      ...hello,
      files: ['etc:/etc/app', { from: 'ukl.json', to: '/a/b' }],
      run,
    });
    mkdirSync(join(folder, 'etc'));
    writeFileSync(join(folder, 'etc/app.conf'), '12345');
    const config = ['--config', join(folder, 'ukl.json')];
    const cwd = temporaryFolder();
    expect(await runCli(config, { cwd })).toMatchObject({ status: 0, stderr: '' });
    const { stdout: image } = await runCli(['inspect', join(folder, 'hello.bzImage')]);
    expect(image).toMatch(/ 5 +etc\/app\/app\.conf$/m);
    expect(image).toMatch(/ a\/b$/m);
    const { stdout: machine } = await runCli(['run', '--dry-run', ...config, '--disk', 'mine.img:/srv'], {
      cwd,
    });
    expect(machine).toContain(' hostname=box ');
    expect(machine).toContain(`"filename":"${folder}/more.img"`);
    expect(machine).toContain('"filename":"mine.img"');
    expect(machine).not.toContain('data.img');
  });

  it('says what to debug, in which machine, and where its symbols are', async () => {
    const folder = await project({ ...hello, separateDebugFile: 'hello.sym' });
    await runCli([], { cwd: folder });
    const { status, stdout } = await runCli(['gdb', '--dry-run', '--args', 'c', '-m', '96'], { cwd: folder });
    const [qemu, gdb] = stdout.split('\n');
    expect(status).toBe(0);
    expect(qemu).toMatch(/-m 96M -kernel hello\.bzImage .*hostfwd=tcp:127\.0\.0\.1:6379-:6379/);
    expect(gdb).toContain('hello.sym');
    expect(await runCli(['gdb'], { cwd: temporaryFolder() })).toMatchObject({ status: 2, stdout: '' });
  });

  it('is refused with path, line and column, and nothing is written', async () => {
    const folder = await project({ ...hello, run: { ports: ['x'] }, outptu: 'y' });
    for (const words of [[], ['check'], ['run']]) {
      const { status, stdout, stderr } = await runCli(words, { cwd: folder });
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(/UKL6021: run\.ports\[0\]: port 'x'[^]*in ukl\.json:1:\d+/);
      expect(stderr).toMatch(/UKL6022: outptu: [^]*the nearest is "output"/);
    }
    expect(existsSync(join(folder, 'hello.bzImage'))).toBe(false);
  });

  it('that is nowhere is a wrong usage', async () => {
    const folder = temporaryFolder();
    for (const words of [[], ['run'], ['check']])
      expect(await runCli(words, { cwd: folder })).toMatchObject({ status: 2, stdout: '' });
    mkdirSync(join(folder, 'none'));
    const { status, stderr } = await runCli(['--config', 'none/ukl.json'], { cwd: folder });
    expect(status).toBe(1);
    expect(stderr).toMatch(/UKL6005[^]*none\/ukl\.json/);
  });
});

it('kernel key is the key of the kit that a build makes', async () => {
  const { status, stdout } = await runCli(['kernel', 'key']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^[0-9a-f]{64}\n$/);
  const { key } = JSON.parse((await runCli(['kernel', 'key', '--json'])).stdout) as { key: string };
  expect(`${key}\n`).toBe(stdout);
  const other = await runCli(['kernel', 'key', '--slot-size=32']);
  expect(other.stdout).not.toBe(stdout);
});
