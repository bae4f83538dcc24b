import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSeries } from '../../../src/kernel/series.js';
import { makeTree, writePatches } from '../../../src/kernel/tree.js';
import { codesOf } from '../../support/codes.js';
import { fakeKernel } from '../../support/fake-kernel.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const git = (tree: string, ...args: string[]): string =>
  execFileSync('git', ['-C', tree, '-c', 'user.name=B', '-c', 'user.email=b@localhost', ...args], {
    encoding: 'utf8',
  });

async function madeTree(): Promise<{ tree: string; source: string; patches: string }> {
  const folder = temporaryFolder();
  const { tarball, series } = fakeKernel(folder);
  const tree = join(folder, 'work');
  await makeTree(tree, { source: tarball, series });
  return { tree, source: tarball, patches: series.folder };
}

describe('trees to work on the patches', () => {
  it('hold the source as their first commit and each patch as one more', async () => {
    const { tree } = await madeTree();
    expect(git(tree, 'log', '--format=%s%d')).toMatch(
      /^init: add a line.*\nLinux 6\.1\.7, as it came \(tag: ukl-base\)\n$/,
    );
    expect(readFileSync(join(tree, 'init/main.c'), 'utf8')).toContain('int patched;');
    expect(git(tree, 'status', '--porcelain')).toBe('');
  });

  it('give the series back, the same bytes every time', async () => {
    const { tree, patches } = await madeTree();
    await writePatches(tree, { series: loadSeries(undefined, patches) });
    const first = readFileSync(join(patches, '0001-init-add-a-line.patch'), 'utf8');
    expect(first).toMatch(/^From 0{40} /);
    expect(first).not.toMatch(/\n-- \n/);
    expect(await writePatches(tree, { series: loadSeries(undefined, patches) })).toEqual({
      patches: ['0001-init-add-a-line.patch'],
      changed: [],
    });
    const again = join(patches, '../work-2');
    const { tree: other } = { tree: again };
    await makeTree(other, {
      source: join(patches, '../linux-6.1.tar.xz'),
      series: loadSeries(undefined, patches),
    });
    expect((await writePatches(other, { series: loadSeries(undefined, patches) })).changed).toEqual([]);
  });

  it('follow edits: new, changed and dropped commits', async () => {
    const { tree, patches } = await madeTree();
    git(tree, 'reset', '--quiet', '--hard', 'ukl-base');
    writeFileSync(join(tree, 'init/new.c'), 'int added;\n');
    git(tree, 'add', 'init/new.c');
    git(tree, 'commit', '--quiet', '-m', 'init: a file of its own');
    const { changed } = await writePatches(tree, { series: loadSeries(undefined, patches) });
    expect(changed).toEqual(['0001-init-a-file-of-its-own.patch', '0001-init-add-a-line.patch']);
    expect(readdirSync(patches)).toEqual(['0001-init-a-file-of-its-own.patch', 'base.config']);
  });

  it('are not made over something that is there', async () => {
    const folder = temporaryFolder();
    const { tarball, series } = fakeKernel(folder);
    mkdirSync(join(folder, 'work'));
    writeFileSync(join(folder, 'work/mine'), '');
    expect(await codesOf(makeTree(join(folder, 'work'), { source: tarball, series }))).toEqual(['UKL4019']);
    expect(readdirSync(join(folder, 'work'))).toEqual(['mine']);
  });

  it('leave nothing when a patch does not apply', async () => {
    const folder = temporaryFolder();
    const { tarball, series } = fakeKernel(
      folder,
      [],
      'From 0 Mon Sep 17\nFrom: A <a@b>\nSubject: x\n\nnothing\n',
    );
    expect(await codesOf(makeTree(join(folder, 'work'), { source: tarball, series }))).toEqual(['UKL4004']);
    expect(readdirSync(folder).sort()).toEqual(['linux-6.1', 'linux-6.1.tar.xz', 'patches']);
  });

  it('give no patches while something is not committed, or without their first commit', async () => {
    const { tree, patches } = await madeTree();
    const series = loadSeries(undefined, patches);
    expect(await codesOf(writePatches(tree, { series, base: 'nothing' }))).toEqual(['UKL4020']);
    writeFileSync(join(tree, 'init/main.c'), 'int edited;\n');
    expect(await codesOf(writePatches(tree, { series }))).toEqual(['UKL4020']);
  });
});
