import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { verifyKit } from '../../../src/kernel/kit.js';
import { installKit, packKit } from '../../../src/kernel/pack.js';
import { codesOf } from '../../support/codes.js';
import { packedKit } from '../../support/fake-kernel.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** A gzipped tar of these entries. */
async function archiveOf(
  entries: readonly { name: string; type?: 'symlink'; content?: Buffer }[],
): Promise<Buffer> {
  const archive = pack();
  for (const { name, type = 'file', content = Buffer.alloc(0) } of entries) {
    if (type === 'symlink') archive.entry({ name, type, linkname: '/etc/passwd' });
    else archive.entry({ name }, content);
  }
  archive.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of archive) pieces.push(piece as Uint8Array);
  return gzipSync(Buffer.concat(pieces));
}

describe('packed kits', () => {
  it('install as the kit they were made of', async () => {
    const { kit, file, store } = await packedKit(temporaryFolder());
    const installed = await installKit(file, store);
    expect(installed.existed).toBe(false);
    expect(installed.kit.manifest).toEqual(kit.manifest);
    expect(installed.kit.folder).toBe(join(store, kit.manifest.key));
    await verifyKit(installed.kit);
    expect((await installKit(file, store)).existed).toBe(true);
    expect(readdirSync(store)).toEqual([kit.manifest.key]);
  });

  it('are the same bytes for the same kit', async () => {
    const { folder, kit, file } = await packedKit(temporaryFolder());
    await packKit(kit, join(folder, 'again'));
    expect(readFileSync(join(folder, 'again')).equals(readFileSync(file))).toBe(true);
  });

  it('are not made of a damaged kit', async () => {
    const { folder, kit } = await packedKit(temporaryFolder());
    writeFileSync(join(kit.folder, 'boot/part'), 'boot tarp');
    expect(await codesOf(packKit(kit, join(folder, 'damaged')))).toEqual(['UKL4013']);
    expect(existsSync(join(folder, 'damaged'))).toBe(false);
  });

  it('leave nothing where they cannot be written', async () => {
    const { folder, kit } = await packedKit(temporaryFolder());
    expect(await codesOf(packKit(kit, join(folder, 'none', 'kit')))).toEqual(['UKL6004']);
  });

  it.each([
    ['a file that is not there', undefined, 'UKL6005'],
    ['no gzip', Buffer.from('hello'), 'UKL4016'],
    ['an empty file', Buffer.alloc(0), 'UKL4016'],
    ['no tar in the gzip', gzipSync('x'.repeat(2000)), 'UKL4016'],
  ])('are refused: %s', async (_what, content, code) => {
    const folder = temporaryFolder();
    const file = join(folder, 'kit');
    if (content !== undefined) writeFileSync(file, content);
    expect(await codesOf(installKit(file, join(folder, 'store')))).toEqual([code]);
    expect(existsSync(join(folder, 'store'))).toBe(false);
  });

  it.each([
    ['no manifest', [{ name: 'init' }]],
    ['a name that leads out', [{ name: '../init' }]],
    ['an absolute name', [{ name: '/init' }]],
    ['a name that is not plain', [{ name: 'boot/../../x' }]],
    ['a link', [{ name: 'init', type: 'symlink' as const }]],
  ])('are refused: %s', async (_what, entries) => {
    const folder = temporaryFolder();
    const file = join(folder, 'kit');
    writeFileSync(file, await archiveOf(entries));
    expect(await codesOf(installKit(file, join(folder, 'store')))).toEqual(['UKL4016']);
  });

  it('are refused when they hold a file that the manifest does not name', async () => {
    const { kit, file, store } = await packedKit(temporaryFolder());
    const names = ['manifest.json', ...Object.keys(kit.manifest.files)];
    const entries = names.map((name) => ({ name, content: readFileSync(join(kit.folder, name)) }));
    writeFileSync(file, await archiveOf([...entries, { name: 'extra' }]));
    expect(await codesOf(installKit(file, store))).toEqual(['UKL4016']);
  });
});
