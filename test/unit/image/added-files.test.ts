import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAddedFile, readAddedFiles, withAddedFiles } from '../../../src/image/added-files.js';
import { readCpio, writeCpio, type RootfsEntry } from '../../../src/image/index.js';
import { thrownCodes } from '../../support/codes.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe('the words of --file', () => {
  it.each([
    ['a:/b', { host: 'a', guest: '/b' }],
    ['x:y:/b/', { host: 'x:y', guest: '/b/' }],
    ['/etc/x', { host: '/etc/x', guest: '/etc/x' }],
    ['./conf/x', { host: './conf/x', guest: '/conf/x' }],
  ])('%s', (text, file) => {
    expect(parseAddedFile(text)).toEqual(file);
  });

  it.each(['', ':/b', 'a:b', 'a:', '../x'])("'%s' is refused", (text) => {
    expect(thrownCodes(() => parseAddedFile(text))).toEqual(['UKL3036']);
  });
});

/** A folder with a file, a link to it and a folder. */
function someFolder(): string {
  const folder = join(temporaryFolder(), 'www');
  mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(join(folder, 'a'), 'content');
  chmodSync(join(folder, 'a'), 0o4750);
  chmodSync(folder, 0o711);
  symlinkSync('../a', join(folder, 'sub', 'link'));
  return folder;
}

const base: RootfsEntry[] = [
  { type: 'directory', path: 'etc', mode: 0o700 },
  { type: 'file', path: 'etc/passwd', mode: 0o644, data: Buffer.from('old') },
  { type: 'symlink', path: 'lib', target: 'usr/lib' },
];

/** What the kernel would unpack. */
const unpacked = (entries: readonly RootfsEntry[]): RootfsEntry[] =>
  readCpio(Buffer.from(writeCpio(withAddedFiles(base, entries))), { file: 'test' });

describe('files that are added', () => {
  it('keep their modes, belong to root, and get the folders they need', () => {
    const added = unpacked(readAddedFiles([{ host: someFolder(), guest: '/srv/x/www' }]));
    expect(
      added.map(({ path, type, uid = 0, gid = 0, ...rest }) => [
        path,
        type,
        uid,
        gid,
        'mode' in rest && rest.mode,
      ]),
    ).toEqual([
      ['etc', 'directory', 0, 0, 0o700],
      ['etc/passwd', 'file', 0, 0, 0o644],
      ['lib', 'symlink', 0, 0, false],
      ['srv', 'directory', 0, 0, 0o755],
      ['srv/x', 'directory', 0, 0, 0o755],
      ['srv/x/www', 'directory', 0, 0, 0o711],
      ['srv/x/www/a', 'file', 0, 0, 0o4750],
      ['srv/x/www/sub', 'directory', 0, 0, 0o755],
      ['srv/x/www/sub/link', 'symlink', 0, 0, false],
    ]);
  });

  it('go into a folder under their own names when it ends with a slash', () => {
    const folder = someFolder();
    const added = readAddedFiles([
      { host: folder, guest: '/' },
      { host: join(folder, 'sub/link'), guest: '/etc/' },
    ]);
    expect(added.map(({ path, type }) => `${type} ${path}`)).toEqual([
      'directory www',
      'file www/a',
      'directory www/sub',
      'symlink www/sub/link',
      'file etc/link',
    ]);
  });

  it('replace what is there, and let folders be what they are', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'passwd'), 'new');
    chmodSync(folder, 0o755);
    const [etc, passwd] = unpacked(readAddedFiles([{ host: folder, guest: '/etc' }]));
    expect(etc).toMatchObject({ path: 'etc', mode: 0o700 });
    expect(passwd).toMatchObject({ path: 'etc/passwd', data: Buffer.from('new') });
  });

  it('that are one file on the host are one in the guest, within one option', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a'), 'a');
    linkSync(join(folder, 'a'), join(folder, 'b'));
    const links = readAddedFiles([
      { host: folder, guest: '/x' },
      { host: folder, guest: '/y' },
    ]).flatMap((entry) => (entry.type === 'file' ? [entry.link] : []));
    expect(new Set(links).size).toBe(2);
    expect(links[0]).toBe(links[1]);
  });

  it('are refused together', () => {
    const folder = someFolder();
    const file = join(folder, 'a');
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const files = [
      { host: folder, guest: '/srv' },
      { host: join(folder, 'none'), guest: '/x' },
      ...['/init', '/program', '/etc/ukl/argv', '/.ukl/x', '/dev/x', '/proc', '/.', 'x'].map((guest) => ({
        host: file,
        guest,
      })),
      { host: file, guest: '/twice' },
      { host: file, guest: '/./twice' },
    ];
    expect(thrownCodes(() => readAddedFiles(files))).toEqual([
      'UKL3032',
      'UKL3030',
      ...Array<string>(9).fill('UKL3036'),
    ]);
  });

  it('are refused below what is no folder', () => {
    const added = readAddedFiles([{ host: join(someFolder(), 'a'), guest: '/lib/a' }]);
    const write = () => writeCpio(withAddedFiles(base, added));
    expect(write).toThrow('/lib is no folder but a symlink');
    expect(thrownCodes(write)).toEqual(['UKL3032']);
  });
});
