import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findTool } from '../../../src/host/index.js';
import { diskArguments, mountParameters, parseDisk } from '../../../src/run/disks.js';
import { prepareDisk } from '../../../src/run/prepare-disk.js';
import { codesOf, thrownCodes } from '../../support/codes.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe('the words of --disk', () => {
  it.each([
    ['a.img', { file: 'a.img', folder: '/data' }],
    ['/x/a.img:/srv', { file: '/x/a.img', folder: '/srv' }],
    ['a,size=4G', { file: 'a', folder: '/data', size: 2 ** 32 }],
    ['a:/b,ro', { file: 'a', folder: '/b', readOnly: true }],
    ['a,size=16777216,ro', { file: 'a', folder: '/data', size: 2 ** 24, readOnly: true }],
  ])('%s', (text, disk) => {
    expect(parseDisk(text)).toEqual(disk);
  });

  it.each(['', ':/data', 'a:/b:/c', 'a,size=', 'a,size=1M', 'a,size=17T', 'a,size=4g', 'a,rw', 'a,'])(
    "'%s' is refused",
    (text) => {
      expect(thrownCodes(() => parseDisk(text))).toEqual(['UKL5030']);
    },
  );
});

it('the guest finds a disk by its serial number, and QEMU takes every name as it is', () => {
  const disks = [parseDisk('a:/x'), { file: 'nbd:b,c', folder: '/y', readOnly: true }];
  expect(mountParameters(disks)).toEqual(['ukl.mount=disk0:/x', 'ukl.mount=disk1:/y:ext4:ro']);
  const words = diskArguments(disks);
  expect(words.filter((_, i) => i % 4 === 3)).toEqual([
    'virtio-blk-pci,drive=disk0,serial=disk0',
    'virtio-blk-pci,drive=disk1,serial=disk1',
  ]);
  // Flushes of the guest are obeyed: no-flush is what QEMU calls cache=unsafe.
  expect(JSON.parse(words[5] ?? '')).toMatchObject({
    'read-only': true,
    cache: { 'no-flush': false },
    file: { driver: 'file', filename: 'nbd:b,c' },
  });
});

describe('a disk’s file', () => {
  const isExt4 = (file: string): boolean => readFileSync(file).readUInt16LE(1080) === 0xef53;
  const disk = (file: string, size = 2 ** 24) => ({ file, folder: '/data', size });

  it('is made whole or not at all', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'new.img');
    await prepareDisk(disk(file));
    expect([statSync(file).size, isExt4(file)]).toEqual([2 ** 24, true]);
    expect(await codesOf(prepareDisk(disk(join(folder, 'none', 'x.img'))))).toEqual(['UKL6004']);
    expect(readdirSync(folder)).toEqual(['new.img']);
  });

  it.each([
    ['that is empty', 0, 2 ** 24],
    ['of zeros', 2 ** 25, 2 ** 25],
  ])('%s is formatted', async (_what, before, after) => {
    const file = join(temporaryFolder(), 'blank');
    writeFileSync(file, '');
    truncateSync(file, before);
    await prepareDisk(disk(file));
    expect([statSync(file).size, isExt4(file)]).toEqual([after, true]);
  });

  it('with a file system is taken as it is', async () => {
    const file = join(temporaryFolder(), 'ext3');
    writeFileSync(file, '');
    execFileSync(findTool('mke2fs') ?? 'mke2fs', ['-q', '-t', 'ext3', file, '16M']);
    const before = readFileSync(file);
    await prepareDisk(disk(file, 2 ** 30));
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it.each<[what: string, says: RegExp, content: Buffer]>([
    ['qcow2', /qcow2 image/, Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), Buffer.alloc(4096)])],
    [
      'partitions',
      /partition table/,
      Buffer.concat([Buffer.alloc(510), Buffer.from([0x55, 0xaa]), Buffer.alloc(4096)]),
    ],
    ['text', /holds something/, Buffer.from('my only copy')],
    ['a byte behind 2 MiB of zeros', /holds something/, Buffer.concat([Buffer.alloc(2 ** 21), Buffer.of(1)])],
  ])('with other content is never written: %s', async (_what, says, content) => {
    const file = join(temporaryFolder(), 'other');
    writeFileSync(file, content);
    const refused = prepareDisk(disk(file));
    await expect(refused).rejects.toThrow(says);
    expect(await codesOf(refused)).toEqual(['UKL5031']);
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  it('is neither a folder nor, read-only, new or blank', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'blank'), '');
    expect(await codesOf(prepareDisk({ ...disk(join(folder, 'folder')), readOnly: true }))).toEqual([
      'UKL5031',
    ]);
    expect(await codesOf(prepareDisk({ ...disk(join(folder, 'none')), readOnly: true }))).toEqual([
      'UKL5031',
    ]);
    expect(await codesOf(prepareDisk({ ...disk(join(folder, 'blank')), readOnly: true }))).toEqual([
      'UKL5031',
    ]);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });

  it('that mke2fs cannot format is zeros again', async () => {
    const file = join(temporaryFolder(), 'small');
    writeFileSync(file, Buffer.alloc(8192));
    expect(await codesOf(prepareDisk(disk(file)))).toEqual(['UKL5033']);
    expect(readFileSync(file).equals(Buffer.alloc(8192))).toBe(true);
  });
});
