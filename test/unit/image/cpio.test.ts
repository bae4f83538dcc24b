import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  readCpio,
  readHostTree,
  readRootfs,
  rootfsWithProgram,
  writeCpio,
  type RootfsEntry,
  trigger,
} from '../../../src/image/index.js';
import { thrownCodes } from '../../support/codes.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ukl-cpio-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

/** GNU cpio, the independent judge. */
const cpio = (args: readonly string[], input: Uint8Array, cwd = dir): string =>
  execFileSync('cpio', [...args, '--quiet'], { input, cwd, maxBuffer: 1 << 28 }).toString();

const file = (path: string, text: string, mode = 0o644): RootfsEntry => ({
  type: 'file',
  path,
  mode,
  data: Buffer.from(text),
});

const ALL_TYPES: RootfsEntry[] = [
  { type: 'directory', path: 'dev', mode: 0o755 },
  { type: 'character device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
  { type: 'block device', path: 'dev/vda', mode: 0o660, major: 254, minor: 16, gid: 6 },
  { type: 'fifo', path: 'pipe', mode: 0o622, uid: 7 },
  { type: 'socket', path: 'socket', mode: 0o777 },
  { type: 'symlink', path: 'link', target: '/dev/console' },
  file('empty', ''),
  file('öäü ß', 'a'),
  file('su', 'abcd', 0o4755),
  { ...file('one', 'shared'), link: 'x' } as RootfsEntry,
  { ...file('two', 'shared'), link: 'x' } as RootfsEntry,
];

describe('writeCpio', () => {
  it('makes what GNU cpio lists as meant', () => {
    const list = cpio(['-tvn', '--numeric-uid-gid'], writeCpio(ALL_TYPES))
      .trim()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' ').replace(/Jan 1 1970 ?/, ''));
    expect(list).toEqual([
      'drwxr-xr-x 2 0 0 0 dev',
      'crw------- 1 0 0 5, 1 dev/console',
      'brw-rw---- 1 0 6 254, 16 dev/vda',
      'prw--w--w- 1 7 0 0 pipe',
      'srwxrwxrwx 1 0 0 0 socket',
      'lrwxrwxrwx 1 0 0 12 link -> /dev/console',
      '-rw-r--r-- 1 0 0 0 empty',
      '-rw-r--r-- 1 0 0 1 öäü ß',
      '-rwsr-xr-x 1 0 0 4 su',
      '-rw-r--r-- 2 0 0 0 one',
      '-rw-r--r-- 2 0 0 6 two',
    ]);
  });

  it('makes what GNU cpio unpacks to the same files, hard links included', () => {
    const plain = ALL_TYPES.filter(
      ({ type }) => type === 'file' || type === 'directory' || type === 'symlink',
    );
    cpio(['-idm'], writeCpio(plain));
    expect(readFileSync(join(dir, 'one'), 'utf8')).toBe('shared');
    expect(lstatSync(join(dir, 'one')).ino).toBe(lstatSync(join(dir, 'two')).ino);
    expect(readFileSync(join(dir, 'öäü ß'), 'utf8')).toBe('a');
    expect(readlinkSync(join(dir, 'link'))).toBe('/dev/console');
  });

  it('refuses what the kernel would leave out without a word, all at once', () => {
    const bad: RootfsEntry[] = [
      file('/absolute', ''),
      file('', ''),
      file('a/../b', ''),
      file('nul\0', ''),
      file('orphan/file', ''),
      file('x'.repeat(4096), ''),
      file('twice', ''),
      file('twice', ''),
      file('twice/below', ''),
      file('TRAILER!!!', ''),
      file('mode', '', 0o100644),
      { type: 'symlink', path: 'nowhere', target: '' },
      { type: 'symlink', path: 'far', target: 'x'.repeat(4096) },
      { type: 'file', path: 'huge', mode: 0o644, data: { file: '/dev/null', size: 2 ** 32 } },
    ];
    expect(thrownCodes(() => writeCpio([file('good', ''), ...bad]))).toEqual(
      Array(bad.length - 1).fill('UKL3032'),
    );
  });
});

describe('readCpio', () => {
  it('reads back what writeCpio wrote, plain and with gzip, and what GNU cpio wrote', () => {
    const archive = writeCpio(ALL_TYPES);
    const links = (entries: readonly RootfsEntry[]) =>
      entries.map((entry) => ('link' in entry ? { ...entry, link: 'x' } : entry));
    const back = links(readCpio(archive));
    expect(back).toEqual(
      ALL_TYPES.map((entry) =>
        'data' in entry ? { ...entry, data: Buffer.from(entry.data as Uint8Array) } : entry,
      ),
    );
    expect(links(readCpio(gzipSync(archive)))).toEqual(back);

    mkdirSync(join(dir, 'tree/sub'), { recursive: true });
    writeFileSync(join(dir, 'tree/sub/file'), 'content');
    const gnu = execFileSync('sh', ['-c', 'find . | cpio -o -H newc --quiet'], { cwd: join(dir, 'tree') });
    expect(readCpio(gnu).map(({ type, path }) => [type, path])).toEqual([
      ['directory', 'sub'],
      ['file', 'sub/file'],
    ]);
  });

  it('takes archives that stand behind each other, the later entry of a path winning', () => {
    const two = Buffer.concat([
      writeCpio([file('a', '1'), file('b', '2')]),
      Buffer.alloc(512),
      writeCpio([file('a', '3')]),
    ]);
    expect(readCpio(two)).toEqual([file('a', '3'), file('b', '2')]);
  });

  it('survives any damage with a catalogued error', () => {
    expect(thrownCodes(() => readCpio(Buffer.alloc(0)))).toEqual(['UKL3033']);
    expect(thrownCodes(() => readCpio(Buffer.from('not an archive at all')))).toEqual(['UKL3033']);
    expect(thrownCodes(() => readCpio(Buffer.from([0x1f, 0x8b, 1, 2])))).toEqual(['UKL3033']);
    expect(thrownCodes(() => readCpio(Buffer.from([0x28, 0xb5, 0x2f, 0xfd])))).toEqual(['UKL3034']);
    const archive = Buffer.from(writeCpio(ALL_TYPES));
    fc.assert(
      fc.property(
        fc.nat(archive.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        (at, value, cut) => {
          const bad = Buffer.from(cut ? archive.subarray(0, at) : archive);
          if (!cut) bad[at] = value;
          for (const code of thrownCodes(() => readCpio(bad))) expect(code).toBe('UKL3033');
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('readHostTree', () => {
  const tree = (): string => {
    const root = join(dir, 'tree');
    mkdirSync(join(root, 'b/c'), { recursive: true });
    writeFileSync(join(root, 'b/file'), 'hello');
    chmodSync(join(root, 'b/file'), 0o4751);
    writeFileSync(join(root, 'b.txt'), '');
    linkSync(join(root, 'b/file'), join(root, 'b/c/hard'));
    symlinkSync('../file', join(root, 'b/c/soft'));
    execFileSync('mkfifo', ['-m', '600', join(root, 'pipe')]);
    return root;
  };

  it('describes a tree in an order of its own and gives the same archive whatever the times are', () => {
    const root = tree();
    const entries = readHostTree(root);
    expect(entries.map(({ type, path }) => `${type} ${path}`)).toEqual([
      'directory b',
      'directory b/c',
      'file b/c/hard',
      'symlink b/c/soft',
      'file b/file',
      'file b.txt',
      'fifo pipe',
    ]);
    const archive = Buffer.from(writeCpio(entries));
    utimesSync(join(root, 'b/file'), 1, 1);
    expect(archive.equals(writeCpio(readHostTree(root)))).toBe(true);
    expect(cpio(['-tvn', '--numeric-uid-gid'], archive)).toContain(
      '-rwsr-x--x   2 0        0               5',
    );
    cpio(['-idm', '-D', dir], archive);
    expect(readFileSync(join(dir, 'b/c/soft'), 'utf8')).toBe('hello');
  });

  it('reports files that have changed or gone since', () => {
    const root = tree();
    const entries = readHostTree(root);
    writeFileSync(join(root, 'b/file'), 'hello!');
    rmSync(join(root, 'b.txt'));
    expect(thrownCodes(() => writeCpio(entries)).sort()).toEqual(['UKL3030', 'UKL3031']);
    writeFileSync(join(root, 'b/file'), 'hell');
    expect(thrownCodes(() => writeCpio(entries)).sort()).toEqual(['UKL3030', 'UKL3031']);
  });

  it('reports names that are not UTF-8 and folders that are not there', () => {
    const root = tree();
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff])]), '');
    expect(thrownCodes(() => readHostTree(root))).toEqual(['UKL3032']);
    expect(thrownCodes(() => readHostTree(join(dir, 'none')))).toEqual(['UKL3030']);
  });
});

describe("a user's root file system", () => {
  const program = { init: Buffer.from('init'), argv: ['p', 'x'], env: ['A=1'] };

  it('gets the program, the first process and mount points that it lacks', () => {
    mkdirSync(join(dir, 'r/bin'), { recursive: true });
    writeFileSync(join(dir, 'r/bin/sh'), '#!');
    writeFileSync(join(dir, 'r/program'), 'old');
    const { entries, init } = rootfsWithProgram(readRootfs(join(dir, 'r')), program);
    expect(init).toBe('/.ukl/init');
    const back = new Map(readCpio(writeCpio(entries)).map((entry) => [entry.path, entry]));
    expect([...back.keys()]).toEqual(
      expect.arrayContaining(['bin', 'bin/sh', 'dev/console', 'proc', 'sys', 'tmp', 'run', '.ukl/init']),
    );
    expect(back.get('program')).toMatchObject({
      mode: 0o755,
      data: Buffer.from(trigger),
    });
    expect(back.get('etc/ukl/argv')).toMatchObject({ data: Buffer.from('p\0x\0') });
    expect(back.has('init')).toBe(false);
  });

  it('keeps its own first process, and may be an archive', () => {
    const archive = join(dir, 'r.cpio');
    writeFileSync(archive, gzipSync(writeCpio([file('init', 'mine', 0o755)])));
    const { entries, init } = rootfsWithProgram(readRootfs(archive), program);
    expect(init).toBe('/init');
    const back = new Map(readCpio(writeCpio(entries)).map((entry) => [entry.path, entry]));
    expect(back.get('init')).toMatchObject({ data: Buffer.from('mine') });
    expect(back.get('.ukl/init')).toMatchObject({ mode: 0o755, data: program.init });
    expect(thrownCodes(() => readRootfs(join(dir, 'absent.cpio')))).toEqual(['UKL3030']);
  });
});
