import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  asIoError,
  cacheRoot,
  findTool,
  installCommand,
  makeFolderAtomic,
  missingRequirements,
  removeTemporaries,
  temporaryName,
  writeFileAtomic,
} from '../../../src/host/index.js';
import { UklError } from '../../../src/errors/index.js';
import { codesOf } from '../../support/codes.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const systemError = (code: string): Error => Object.assign(new Error(code), { code });

describe('writeFileAtomic', () => {
  it('writes pieces, replaces what is there, sets the mode, leaves nothing else', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'out');
    await writeFileAtomic(file, 'old');
    await writeFileAtomic(file, [Buffer.from('ne'), Buffer.from('w')], 0o755);
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(statSync(file).mode & 0o777).toBe(0o755);
    expect(readdirSync(folder)).toEqual(['out']);
  });

  it('leaves the old file and nothing else when it fails', async () => {
    const folder = temporaryFolder();
    const target = join(folder, 'taken');
    mkdirSync(join(target, 'inside'), { recursive: true });
    expect(await codesOf(writeFileAtomic(target, 'x'))).toEqual(['UKL6004']);
    expect(await codesOf(writeFileAtomic(join(folder, 'none/out'), 'x'))).toEqual(['UKL6004']);
    expect(readdirSync(folder)).toEqual(['taken']);
  });
});

describe('makeFolderAtomic', () => {
  it('shows the folder only when it is complete', async () => {
    const target = join(temporaryFolder(), 'a/b');
    await makeFolderAtomic(target, (folder) => {
      writeFileSync(join(folder, 'file'), 'x');
      expect(existsSync(target)).toBe(false);
      return Promise.resolve();
    });
    expect(readdirSync(target)).toEqual(['file']);
  });

  it('leaves nothing when filling it fails, and reports a full disk as such', async () => {
    const folder = temporaryFolder();
    const filling = makeFolderAtomic(join(folder, 'target'), (temporary) => {
      writeFileSync(join(temporary, 'file'), 'x');
      return Promise.reject(systemError('ENOSPC'));
    });
    expect(await codesOf(filling)).toEqual(['UKL6003']);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('removeTemporaries', () => {
  it('removes what is unfinished, files and folders', () => {
    const folder = temporaryFolder();
    writeFileSync(temporaryName(join(folder, 'a')), '');
    mkdirSync(join(temporaryName(join(folder, 'b')), 'inside'), { recursive: true });
    writeFileSync(join(folder, 'finished'), '');
    removeTemporaries();
    expect(readdirSync(folder)).toEqual(['finished']);
  });
});

describe('asIoError', () => {
  it.each([
    ['ENOSPC', 'write', 'UKL6003'],
    ['EDQUOT', 'write', 'UKL6003'],
    ['EROFS', 'write', 'UKL6004'],
    ['ENOENT', 'read', 'UKL6005'],
    ['EWHATEVER', 'read', 'UKL6005'],
  ] as const)('%s on %s is %s', (code, access, expected) => {
    const error = asIoError(systemError(code), '/some/file', access);
    expect(error).toBeInstanceOf(UklError);
    expect((error as UklError).diagnostics).toMatchObject([{ code: expected, file: '/some/file' }]);
  });

  it('leaves bugs alone', () => {
    const bug = new TypeError('x is not a function');
    expect(asIoError(bug, 'file', 'read')).toBe(bug);
  });
});

describe('tools', () => {
  it('are looked up as a shell does', () => {
    const folder = temporaryFolder();
    const make = (dir: string, name: string, mode: number): void => {
      mkdirSync(join(folder, dir), { recursive: true });
      writeFileSync(join(folder, dir, name), '');
      chmodSync(join(folder, dir, name), mode);
    };
    make('first', 'data', 0o644);
    make('second', 'data', 0o755);
    make('second', 'tool', 0o755);
    mkdirSync(join(folder, 'first/tool'));
    const path = `${folder}/none:${folder}/first:${folder}/second`;
    expect(findTool('tool', path)).toBe(join(folder, 'second/tool'));
    expect(findTool('data', path)).toBe(join(folder, 'second/data'));
    expect(findTool('nothing', path)).toBeUndefined();
    expect(findTool(join(folder, 'second/tool'), '')).toBe(join(folder, 'second/tool'));
  });

  it('that are missing are named with the one command that installs them', () => {
    const missing = missingRequirements([
      { kind: 'command', name: 'sh', package: 'dash' },
      { kind: 'command', name: 'no-such-tool', package: 'b' },
      { kind: 'file', name: '/no/such/header.h', package: 'a' },
    ]);
    expect(missing.map(({ package: name }) => name)).toEqual(['b', 'a']);
    expect(installCommand(['b', 'a', 'b'])).toMatch(
      /^(sudo )?apt-get install -y --no-install-recommends a b$/,
    );
  });
});

describe('cacheRoot', () => {
  it.each([
    [{ UKL_CACHE_DIR: '/a', XDG_CACHE_HOME: '/b' }, '/a'],
    [{ UKL_CACHE_DIR: '', XDG_CACHE_HOME: '/b' }, '/b/ukl-link'],
    [{ XDG_CACHE_HOME: '' }, `${process.env.HOME ?? ''}/.cache/ukl-link`],
  ])('%j', (env, expected) => {
    expect(cacheRoot(env)).toBe(expected);
  });
});
