import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { overlayLink, overlayRun, readConfig, type Config } from '../../../src/config/index.js';
import { UklError, type Diagnostic } from '../../../src/errors/index.js';
import { parseDisk, parsePort } from '../../../src/run/index.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Reads a file of this text, in a folder of its own, by its absolute path. */
async function read(text: string): Promise<{ folder: string; config: Config }> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'ukl.json'), text);
  return { folder, config: await readConfig(join(folder, 'ukl.json')) };
}

/** What a file is refused with. */
async function problemsOf(text: string): Promise<readonly Diagnostic[]> {
  const thrown: unknown = await read(text).catch((error: unknown) => error);
  if (!(thrown instanceof UklError)) throw new Error(`taken: ${text}`);
  return thrown.diagnostics;
}

describe('a configuration file', () => {
  it.each([
    ['{"output": "a",\n  }', 'UKL6020', 2, 3],
    ['{"output": "a"', 'UKL6020', 1, 15],
    ['{} // why', 'UKL6020', 1, 4],
    ['', 'UKL6020', 1, 1],
    ['{"output": "a",\n "output": "b"}', 'UKL6023', 2, 2],
  ])('%j is %s at %i:%i', async (text, code, line, column) => {
    expect(await problemsOf(text)).toMatchObject([{ code, line, column }]);
  });

  it.each([
    ['[]', 'the document: must be an object'],
    ['{"program": 7}', 'program: must be a string or a list of strings'],
    ['{"program": ["a.o", 7]}', 'program[1]: must be a string'],
    [
      '{"program": ["-L", "lib"]}',
      'program[0]: must have the option’s value in the same string, as in -LDIR',
    ],
    ['{"compress": "zip"}', 'compress: must be one of "lz4", "zstd", "gzip", "none"'],
    ['{"env": {"A=": "b"}}', 'env["A="]: a name must not be empty nor have "=" or a NUL character'],
    ['{"env": {"A": 1}}', 'env.A: must be a string'],
    ['{"args": ["\\u0000"]}', 'args[0]: must not have a NUL character'],
    ['{"noWarn": ["2105"]}', 'noWarn[0]: must be a code such as "UKL2105"'],
    ['{"run": {"memory": 63}}', 'run.memory: must be a whole number from 64 to 16777216'],
    ['{"run": {"cpus": 1.5}}', 'run.cpus: must be a whole number from 1 to 64'],
    ['{"run": {"timeout": -1}}', 'run.timeout: must be a number of seconds, 0.001 or more'],
    ['{"run": {"ports": ["80:x"]}}', "run.ports[0]: port '80:x': 'x' is no port number (1 to 65535)"],
    ['{"run": {"ports": [70000]}}', 'run.ports[0]: must be a whole number from 1 to 65535'],
    ['{"run": {"disks": ["a.img:/data:/x"]}}', "run.disks[0]: disk 'a.img:/data:/x': too many colons"],
    ['{"files": [{"from": "a", "to": "etc"}]}', 'files[0].to: must be an absolute path'],
    ['{"files": [{"from": "a", "to": "/b", "as": "c"}]}', 'files[0].as: there is no such key'],
    ['{"run": []}', 'run: must be an object'],
  ])('%s: %s', async (text, message) => {
    expect((await problemsOf(text)).map((problem) => problem.message)).toEqual([message]);
  });

  it('is told everything that is wrong with it at once, in its order, with the nearest key', async () => {
    const text = '{\n "run": {"memry": 64, "cpus": 0},\n "ouput": "x",\n "colour": 1\n}';
    expect(await problemsOf(text)).toMatchObject(
      [
        { code: 'UKL6022', message: 'run.memry: there is no such key', line: 2, hint: /"memory"/ },
        { code: 'UKL6021', message: 'run.cpus: must be a whole number from 1 to 64', line: 2 },
        { code: 'UKL6022', message: 'ouput: there is no such key', line: 3, hint: /"output"/ },
        { code: 'UKL6022', message: 'colour: there is no such key', line: 4 },
      ].map(({ hint, ...rest }) =>
        hint === undefined ? rest : { ...rest, hint: expect.stringMatching(hint) as string },
      ),
    );
  });

  it('that is not there is UKL6005', async () => {
    const thrown: unknown = await readConfig('/nonexistent/ukl.json').catch((error: unknown) => error);
    expect((thrown as UklError).diagnostics).toMatchObject([
      { code: 'UKL6005', file: '/nonexistent/ukl.json' },
    ]);
  });

  it('names paths from its own folder, and leaves alone what is none', async () => {
    const { folder, config } = await read(
      JSON.stringify({
        program: ['a.o', '/abs/b.o', '-Llib', '-lz', '@words', '-Wl,--whole-archive,c.a', '-u_start'],
        libraries: ['ssl', ':libx.a'],
        output: 'out/i.bzImage',
        rootfs: 'tree',
        files: ['a:/b', { from: 'c:d', to: '/e' }],
        kit: 'debug',
        separateDebugFile: 'i.dbg',
        run: { initrd: 'more.cpio', qemu: 'qemu-system-x86_64', consoleLog: 'log', disks: ['d.img:/d,ro'] },
      }),
    );
    const at = (path: string): string => `${folder}/${path}`;
    expect(config.link).toEqual({
      program: [
        at('a.o'),
        '/abs/b.o',
        `-L${at('lib')}`,
        '-lz',
        `@${at('words')}`,
        '--whole-archive',
        at('c.a'),
        '-u_start',
      ],
      libraries: ['-lssl', '-l:libx.a'],
      output: at('out/i.bzImage'),
      rootfs: at('tree'),
      files: [
        { host: at('a'), guest: '/b' },
        { host: at('c:d'), guest: '/e' },
      ],
      kit: 'debug',
      debugFile: at('i.dbg'),
    });
    expect(config.run).toEqual({
      image: at('out/i.bzImage'),
      initrd: at('more.cpio'),
      qemu: 'qemu-system-x86_64',
      consoleLog: at('log'),
      disks: [{ file: at('d.img'), folder: '/d', readOnly: true }],
    });
  });
});

it('every word about the machine arrives', async () => {
  const plain = {
    ...{ memory: 96, cpus: 2, hostname: 'box', network: 'none', args: ['a'], append: 'quiet' },
    ...{ timeout: 60, silenceLimit: 9, stopTimeout: 7, kernelLog: true },
  };
  const named = { ports: ['80:8080'], env: { A: 'b' }, accel: 'tcg', qemuArgs: ['-s'] };
  const { config } = await read(JSON.stringify({ run: { ...plain, ...named } }));
  expect(config.run).toEqual({
    ...plain,
    ...{ ports: [parsePort('80:8080')], env: ['A=b'], accelerator: 'tcg', qemuArguments: ['-s'] },
  });
});

describe('the command line over a file', () => {
  const file = {
    program: ['a.o'],
    libraries: ['-lssl'],
    output: 'file',
    args: ['1'],
    env: ['A=1'],
    noWarn: ['UKL2105'],
    fatalWarnings: true,
  };

  it('replaces single values and goes on with lists', () => {
    const flags = { program: ['-lm'], output: 'flag', args: ['2'], env: ['A=2'], noWarn: ['UKL2106'] };
    expect(overlayLink(file, { ...flags, replacesProgram: false })).toEqual({
      program: ['a.o', '-lm', '-lssl'],
      output: 'flag',
      args: ['1', '2'],
      env: ['A=1', 'A=2'],
      files: [],
      noWarn: ['UKL2105', 'UKL2106'],
      fatalWarnings: true,
    });
  });

  it('--with-program takes the place of the program, not of the libraries', () => {
    const settings = overlayLink(file, { program: ['b.o'], replacesProgram: true });
    expect(settings.program).toEqual(['b.o', '-lssl']);
  });

  it('a port takes the place of one to the same port of the guest', () => {
    const ports = (...texts: string[]) => texts.map(parsePort);
    const settings = overlayRun(
      { ports: ports('6379', '80', '53/udp') },
      { ports: ports('7000:6379', '54:53') },
    );
    expect(settings.ports).toEqual(ports('80', '53/udp', '7000:6379', '54:53'));
  });

  it('a disk takes the place of the one at its folder', () => {
    const disks = (...texts: string[]) => texts.map(parseDisk);
    const settings = overlayRun({ disks: disks('a.img', 'b.img:/srv') }, { disks: disks('c.img:/srv,ro') });
    expect(settings.disks).toEqual(disks('a.img', 'c.img:/srv,ro'));
  });
});
