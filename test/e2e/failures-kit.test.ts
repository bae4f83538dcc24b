/** Kits that are not what they should be, and full disks: real ones, tmpfs of 64 KB in a mount namespace of the run's own. */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheRoot } from '../../src/host/index.js';
import { formatBootManifest, parseBootManifest } from '../../src/image/boot-parts.js';
import { findKit } from '../../src/kernel/store.js';
import type { Kit } from '../../src/kernel/kit.js';
import { runCli, type CliResult } from '../support/cli.js';
import { failLink, newBench, saidCodes, snapshot } from '../support/failing.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { HELLO_C, Workshop } from '../unit/link/corpus.js';

const shop = new Workshop();
let hello: string;
let kit: Kit;
beforeAll(async () => {
  kit = await findKit();
  hello = shop.compile('hello.c', HELLO_C);
});
afterAll(() => shop.remove());

describe('a kit', () => {
  /** A cache whose only kit is a changed copy of the real one; what was made of libraries is shared. */
  function cacheWith(change: (folder: string) => void): string {
    const cache = temporaryFolder();
    const folder = join(cache, 'kits', basename(kit.folder));
    mkdirSync(join(cache, 'kits'));
    cpSync(kit.folder, folder, { recursive: true });
    mkdirSync(join(cacheRoot(), 'rewritten'), { recursive: true });
    symlinkSync(join(cacheRoot(), 'rewritten'), join(cache, 'rewritten'));
    change(folder);
    return cache;
  }

  const flip =
    (name: string, at: number) =>
    (folder: string): void => {
      const path = join(folder, name);
      const bytes = readFileSync(path);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      writeFileSync(path, bytes);
    };
  const cut =
    (name: string) =>
    (folder: string): void =>
      writeFileSync(join(folder, name), readFileSync(join(folder, name)).subarray(0, 100));
  const manifest =
    (change: (text: string) => string) =>
    (folder: string): void =>
      writeFileSync(
        join(folder, 'manifest.json'),
        change(readFileSync(join(folder, 'manifest.json'), 'utf8')),
      );
  it.each<[what: string, change: (folder: string) => void, codes: string[]]>([
    ['with a damaged kernel', flip('boot/lz4/kernel.bin', 1000), ['UKL3011']],
    ['with a damaged list of its parts', flip('boot/boot.json', 300), ['UKL3011']],
    ['with a file cut short', cut('boot/relocs.bin'), ['UKL4013']],
    ['without a file', (folder) => rmSync(join(folder, 'System.map')), ['UKL4013']],
    ['without a manifest', (folder) => rmSync(join(folder, 'manifest.json')), ['UKL4013']],
    ['with a manifest that is no JSON', manifest((text) => text.slice(0, -10)), ['UKL4013']],
    ['with a manifest that lacks something', manifest((text) => text.replace('"slot"', '"s"')), ['UKL4013']],
    [
      'of another version of the tool',
      manifest((text) =>
        text.replace(/"format": \d+/, '"format": 99').replace(/"tool": "[^"]*"/, '"tool": "7.8.9"'),
      ),
      ['UKL4014'],
    ],
    [
      'of other patches',
      manifest((text) => text.replace(/"series": [^,\n]*/, `"series": "${'0'.repeat(64)}"`)),
      ['UKL4015'],
    ],
  ])('%s', async (_, change, codes) => {
    const cache = cacheWith(change);
    const problems = await failLink([`--with-program=${hello}`], {
      env: { UKL_CACHE_DIR: cache },
      inputs: [join(cache, 'kits'), shop.folder],
    });
    expect(problems.map(({ code }) => code)).toEqual(codes);
    for (const { code, file } of problems) if (code !== 'UKL4015') expect(file).toContain(cache);
    if (codes[0] === 'UKL4014') expect(problems[0]?.message).toContain('ukl-link 7.8.9 in kit format 99');
  });

  it('without what a compression takes', async () => {
    const cache = cacheWith((folder) => {
      const path = join(folder, 'boot/boot.json');
      const { streams, ...info } = parseBootManifest(readFileSync(path, 'utf8'), path);
      const text = formatBootManifest({ ...info, streams: { lz4: streams.lz4! } });
      const size = readFileSync(path).length;
      writeFileSync(path, text);
      manifest((all) => all.replace(`"size": ${size}`, `"size": ${text.length}`))(folder);
    });
    const env = { UKL_CACHE_DIR: cache };
    const words = [`--with-program=${hello}`, '--compress=zstd'];
    const [problem] = await failLink(words, { env, inputs: [join(cache, 'kits'), shop.folder] });
    expect(problem).toMatchObject({ code: 'UKL3016', file: join(cache, 'kits', basename(kit.folder)) });
    expect(problem?.message).toMatch(/compressed with zstd; it has lz4, none$/);
    const { fresh, temporary } = newBench();
    const linked = await runCli([...words.slice(0, 1), '-o', fresh, '--compress=none'], {
      env: { ...env, TMPDIR: temporary },
    });
    expect(linked).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('of other patches links when it is named', async () => {
    const series = manifest((text) => text.replace(/"series": [^,\n]*/, `"series": "${'0'.repeat(64)}"`));
    const { fresh, temporary } = newBench();
    const env = { UKL_CACHE_DIR: cacheWith(series), TMPDIR: temporary };
    const words = [`--with-program=${hello}`, '-o', fresh, '--kit', kit.manifest.key.slice(0, 12)];
    expect(await runCli(words, { env })).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});

describe('a full disk', () => {
  /**
   * Runs the tool where `folder` is a disk of 64 KB that holds a file `old` and what `prepare` puts there. A namespace of its own needs no
   * privileges and leaves nothing to unmount. What the run left there follows its output.
   */
  async function onSmallDisk(
    folder: string,
    words: readonly string[],
    env: NodeJS.ProcessEnv = {},
    prepare = ':',
  ): Promise<CliResult> {
    const script = [
      `mount -t tmpfs -o size=64k none '${folder}' && cd '${folder}' && echo old > old && ${prepare} || exit 99`,
      '"$@"; status=$?',
      "find . ! -type d | sort; grep '' old; exit $status",
    ].join('\n');
    const root = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
    const through = ['unshare', '--mount', ...root, 'sh', '-c', script, 'sh'];
    return await runCli(words, { through, env });
  }

  const full = (place: string): unknown => ({
    status: 1,
    stdout: './old\nold\n',
    stderr: expect.stringMatching(
      new RegExp(`^ukl-link: error UKL6003: the disk is full.*\n {4}in ${place}.*\n {4}free some space.*\n$`),
    ) as string,
  });
  const link = (...words: string[]): string[] => [`--with-program=${hello}`, ...words];

  it('for the image', async () => {
    const bench = newBench();
    const out = join(bench.folder, 'out');
    const env = { TMPDIR: bench.temporary };
    const image = join(out, 'old');
    expect(await onSmallDisk(out, link('-o', image), env)).toEqual(full(image));
    expect(await onSmallDisk(out, link('-o', join(out, 'new')), env)).toEqual(full(join(out, 'new')));
  });

  it('for the files of ld', async () => {
    const bench = newBench();
    const before = snapshot(bench.folder);
    const env = { TMPDIR: bench.temporary };
    const result = await onSmallDisk(bench.temporary, link('-o', bench.fresh), env);
    expect(result).toEqual(full(bench.temporary));
    expect(snapshot(bench.folder)).toEqual(before);
  });

  it('for the cache', async () => {
    const bench = newBench();
    const before = snapshot(bench.folder);
    const cache = temporaryFolder();
    const env = { TMPDIR: bench.temporary, UKL_CACHE_DIR: cache };
    const kits = `ln -s '${join(kit.folder, '..')}' kits`;
    const result = await onSmallDisk(cache, link('-o', bench.fresh), env, kits);
    // What was made before the disk was full is whole and stays.
    const stdout = result.stdout.replace(/^\.\/(kits|rewritten\/[\w.-]+)\n/gm, '');
    expect(result.stdout).not.toContain('.tmp');
    expect({ ...result, stdout }).toEqual(full(cache));
    expect(snapshot(bench.folder)).toEqual(before);
  });

  it('for a packed kit and for the store', async () => {
    const bench = newBench();
    const packed = join(bench.folder, 'kit.tar.gz');
    const disk = temporaryFolder();
    const pack = ['kernel', 'pack', '--kit', kit.manifest.key.slice(0, 12)];
    expect((await runCli([...pack, packed])).status).toBe(0);
    expect(await onSmallDisk(disk, [...pack, join(disk, 'kit')])).toEqual(full(join(disk, 'kit')));
    const env = { UKL_CACHE_DIR: disk };
    expect(await onSmallDisk(disk, ['kernel', 'install', packed], env)).toEqual(full(join(disk, 'kits')));
  });

  it('for what is printed', async () => {
    const through = ['sh', '-c', '"$@" > /dev/full', 'sh'];
    const result = await runCli(['kernel', 'list', '--json'], { through });
    expect({ ...result, stderr: saidCodes(result.stderr) }).toEqual({
      status: 1,
      stdout: '',
      stderr: ['UKL6003'],
    });
    expect(result.stderr).toContain('in standard output');
  });
});

it('a reader that has gone away ends a run without a word', async () => {
  const through = ['sh', '-c', '{ sleep 0.3; "$@"; echo "status $?" >&2; } | true', 'sh'];
  expect(await runCli(['--help'], { through })).toEqual({ status: 0, stdout: '', stderr: 'status 141\n' });
});
