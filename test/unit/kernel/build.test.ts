import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { UklError, hostErrors } from '../../../src/errors/index.js';
import { buildKit, type BuildEvent, type BuildOptions } from '../../../src/kernel/build.js';
import { buildTreeKit } from '../../../src/kernel/build-tree.js';
import { DEBUG_DIR } from '../../../src/kernel/debug-files.js';
import { verifyKit } from '../../../src/kernel/kit.js';
import { loadSeries } from '../../../src/kernel/series.js';
import { listKits } from '../../../src/kernel/store.js';
import { codesOf, problemsOf } from '../../support/codes.js';
import { fakeKernel, fakeParts, type FakeKernel } from '../../support/fake-kernel.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

interface Setup {
  readonly kernel: FakeKernel;
  readonly cache: string;
  readonly options: BuildOptions;
}

function setUp(config: readonly string[] = [], patch?: string): Setup {
  const folder = temporaryFolder();
  const kernel = fakeKernel(folder, config, patch);
  const cache = join(folder, 'cache');
  const options = { source: kernel.tarball, series: kernel.series, cache, jobs: 1, parts: fakeParts };
  return { kernel, cache, options };
}

/** Everything in the cache but logs, empty folders and the memory of how many steps a build takes. */
function leftovers(cache: string): string[] {
  return readdirSync(cache, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(cache.length + 1))
    .filter((name) => !name.startsWith('logs/') && !name.startsWith('build/steps'));
}

describe('buildKit', () => {
  it('makes a kit from source, patches and configuration, and nothing else', async () => {
    const { cache, options } = setUp();
    const events: BuildEvent['stage'][] = [];
    const { kit, existed } = await buildKit({ ...options, onEvent: ({ stage }) => events.push(stage) });
    expect(existed).toBe(false);
    expect(events.filter((stage, i) => stage !== events[i - 1])).toEqual([
      'unpacking',
      'patching',
      'configuring',
      'compiling',
      'progress',
      'making-kit',
    ]);
    expect(kit.manifest.kernel).toMatchObject({ release: '6.1.7-fake', version: '6.1.7' });
    expect(kit.manifest.slot).toEqual({ start: '0xffffffff82000000', size: 64 << 20 });
    expect(Object.keys(kit.manifest.files)).toEqual(['System.map', 'boot/part', 'config']);
    expect(readFileSync(join(kit.folder, 'config'), 'utf8')).toContain('CONFIG_UKL_SLOT_MB=64\n');
    await verifyKit(kit);
    expect(leftovers(cache).every((name) => name.startsWith(`kits/${kit.manifest.key}/`))).toBe(true);
  });

  it('keeps ELF files of the build beside the kit, not in it', async () => {
    const { options } = setUp();
    const { kit } = await buildKit(options);
    const kept = readdirSync(join(kit.folder, DEBUG_DIR), { recursive: true, encoding: 'utf8' });
    expect(kept).toEqual(expect.arrayContaining(['vmlinux', 'arch/x86/boot/compressed/misc.o']));
    expect(Object.keys(kit.manifest.files).filter((name) => name.startsWith(DEBUG_DIR))).toEqual([]);
  });

  it('takes an existing kit at once, and makes another for another slot', async () => {
    const { options } = setUp();
    const first = await buildKit(options);
    const again = await buildKit(options);
    const other = await buildKit({ ...options, slotMiB: 32 });
    expect(again).toEqual({ kit: first.kit, existed: true });
    expect(other.existed).toBe(false);
    expect(other.kit.manifest.key).not.toBe(first.kit.manifest.key);
  });

  it('lays a profile’s configuration over the base, and makes another kit of it', async () => {
    const { kernel, options } = setUp(['CONFIG_PREEMPT=n']);
    const { folder } = kernel.series;
    writeFileSync(join(folder, 'slow.config'), 'CONFIG_PREEMPT=y\nCONFIG_PROVE_LOCKING=y\n');
    const plain = await buildKit(options);
    const slow = await buildKit({ ...options, series: loadSeries('slow', folder) });
    expect(slow.existed).toBe(false);
    expect(slow.kit.manifest.kernel.profile).toBe('slow');
    expect(plain.kit.manifest.kernel.profile).toBe('default');
    const config = readFileSync(join(slow.kit.folder, 'config'), 'utf8');
    expect(config.match(/CONFIG_(SMP|PREEMPT|PROVE_LOCKING|UNIKERNEL_LINUX)=.*/g)).toEqual([
      'CONFIG_SMP=y',
      'CONFIG_PREEMPT=n',
      'CONFIG_PREEMPT=y',
      'CONFIG_PROVE_LOCKING=y',
      'CONFIG_UNIKERNEL_LINUX=y',
    ]);
    writeFileSync(join(folder, 'slow.config'), 'CONFIG_PREEMPT=y\nCONFIG_UNKNOWN=y\n');
    expect(await codesOf(buildKit({ ...options, series: loadSeries('slow', folder) }))).toEqual(['UKL4005']);
  });

  it('knows the profiles that there are', async () => {
    const { folder } = setUp().kernel.series;
    const [problem] = await problemsOf(Promise.resolve().then(() => loadSeries('fast', folder)));
    expect(problem).toMatchObject({ code: 'UKL4022', hint: 'profiles: default' });
    // The name of a file that is no profile.
    expect(() => loadSeries('base', folder)).toThrow('there is no profile "base"');
  });

  it('makes the same files again', async () => {
    const { cache, options } = setUp();
    const { kit } = await buildKit(options);
    const other = await buildKit({ ...options, cache: `${cache}-2` });
    expect(other.kit.manifest).toEqual(kit.manifest);
  });

  it('replaces a damaged kit', async () => {
    const { options } = setUp();
    const { kit } = await buildKit(options);
    // Same length: only the SHA-256 tells.
    writeFileSync(join(kit.folder, 'boot/part'), 'boot part'.toUpperCase());
    const again = await buildKit(options);
    expect(again.existed).toBe(false);
    expect(readFileSync(join(again.kit.folder, 'boot/part'), 'utf8')).toBe('boot part');
  });

  it('builds from a folder without changing it', async () => {
    const { kernel, options } = setUp();
    const before = readdirSync(kernel.tree, { recursive: true });
    const { kit } = await buildKit({ ...options, source: kernel.tree });
    expect(kit.manifest.kernel.version).toBe('6.1.7');
    expect(readdirSync(kernel.tree, { recursive: true })).toEqual(before);
  });

  it('shows the decisive line of a failed build, names its log, leaves nothing else', async () => {
    const { cache, options } = setUp(['CONFIG_FAIL=compile']);
    const [problem] = await problemsOf(buildKit(options));
    expect(problem?.code).toBe('UKL4006');
    expect(problem?.message).toContain("init/main.c:7:3: error: 'jiffies' undeclared");
    const log = /\/\S*\.log/.exec(problem?.hint ?? '')?.[0] ?? '';
    expect(readFileSync(log, 'utf8')).toContain('HOSTCC  scripts/basic/fixdep');
    expect(leftovers(cache)).toEqual([]);
  });

  it.each([
    ['UKL6003', 'a full disk', ['CONFIG_FAIL=space']],
    ['UKL4005', 'configuration lines that are not kept', ['CONFIG_UNKNOWN_A=y', 'CONFIG_UNKNOWN_B=m']],
    ['UKL4021', 'a kernel without a slot', ['CONFIG_FAIL=slot']],
  ])('ends with %s on %s, leaving nothing', async (code, _what, config) => {
    const { cache, options } = setUp(config);
    expect(await codesOf(buildKit(options))).toEqual([code]);
    expect(leftovers(cache)).toEqual([]);
  });

  it('names every configuration line that is not kept', async () => {
    const { options } = setUp(['CONFIG_UNKNOWN_A=y', 'CONFIG_UNKNOWN_B="x"', 'CONFIG_UNKNOWN_C=n']);
    const [problem] = await problemsOf(buildKit(options));
    expect(problem?.message.split('\n').slice(1)).toEqual(['CONFIG_UNKNOWN_A=y', 'CONFIG_UNKNOWN_B="x"']);
  });

  it('names the patch that does not apply', async () => {
    const patch =
      '--- a/init/main.c\n+++ b/init/main.c\n@@ -1,2 +1,3 @@\n int other;\n+int x;\n int lines;\n';
    const { options } = setUp([], patch);
    const [problem] = await problemsOf(buildKit(options));
    expect(problem).toMatchObject({
      code: 'UKL4004',
      file: join(options.series?.folder ?? '', '0001-init-add-a-line.patch'),
    });
    expect(problem?.message).toContain('init/main.c');
  });

  it('refuses a source of another version, none at all, and what is not one', async () => {
    const { kernel, options } = setUp();
    expect(await codesOf(buildKit({ ...options, source: join(kernel.tree, 'none') }))).toEqual(['UKL4001']);
    expect(await codesOf(buildKit({ ...options, source: join(kernel.tree, 'init') }))).toEqual(['UKL4002']);
    expect(await codesOf(buildKit({ ...options, source: join(kernel.tree, 'Makefile') }))).toEqual([
      'UKL6007',
    ]);
    const makefile = join(kernel.tree, 'Makefile');
    writeFileSync(makefile, readFileSync(makefile, 'utf8').replace('PATCHLEVEL = 1', 'PATCHLEVEL = 6'));
    expect(await codesOf(buildKit({ ...options, source: kernel.tree }))).toEqual(['UKL4003']);
  });

  it.each([0, 1, 7, 514, 2.5])('refuses a slot of %s MiB', async (slotMiB) => {
    const { options } = setUp();
    expect(await codesOf(buildKit({ ...options, slotMiB }))).toEqual(['UKL4017']);
  });

  it('names everything that is missing, with one command', async () => {
    const { options } = setUp();
    vi.stubEnv('PATH', '/nowhere');
    try {
      const [problem, ...more] = await problemsOf(buildKit(options));
      expect(more).toEqual([]);
      expect(problem?.code).toBe('UKL6002');
      expect(problem?.message).toMatch(/gcc.*make.*flex.*bison.*bc/);
      expect(problem?.hint).toMatch(/apt-get install .*binutils .*gcc .*make/);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('builds once when two ask at the same time', async () => {
    const { cache, options } = setUp();
    const marks = `${cache}-builds`;
    vi.stubEnv('BUILDS', marks);
    vi.stubEnv('BUILD_SECONDS', '0.5');
    try {
      const waited: number[] = [];
      const onEvent = (event: BuildEvent): void => {
        if (event.stage === 'waiting') waited.push(event.pid);
      };
      const results = await Promise.all([1, 2, 3].map(() => buildKit({ ...options, onEvent })));
      expect(results.map(({ existed }) => existed).sort()).toEqual([false, true, true]);
      expect(readFileSync(marks, 'utf8')).toBe('bzImage\n');
      expect(waited).toEqual([process.pid, process.pid]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('leaves nothing when it is stopped', async () => {
    const { cache, options } = setUp();
    vi.stubEnv('BUILD_SECONDS', '60');
    try {
      const stop = new AbortController();
      const onEvent = ({ stage }: BuildEvent): void => {
        if (stage === 'compiling') {
          setTimeout(() => stop.abort(new UklError(hostErrors.interrupted('SIGINT'))), 200);
        }
      };
      const started = Date.now();
      expect(await codesOf(buildKit({ ...options, signal: stop.signal, onEvent }))).toEqual(['UKL6006']);
      expect(Date.now() - started).toBeLessThan(30_000);
      expect(leftovers(cache)).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('leaves the build tree where it is asked to', async () => {
    const { cache, options } = setUp();
    const { kit } = await buildKit({ ...options, keep: true });
    const source = readFileSync(join(cache, 'build', kit.manifest.key, 'linux/init/main.c'), 'utf8');
    expect(source).toContain('int patched;');
  });
});

describe('buildTreeKit', () => {
  it('builds in place and names the kit by what came out', async () => {
    const { kernel, cache, options } = setUp();
    const first = await buildTreeKit(kernel.tree, options);
    expect(first.existed).toBe(false);
    expect(first.kit.manifest.kernel).toMatchObject({ series: null, source: null });
    expect((await buildTreeKit(kernel.tree, options)).existed).toBe(true);
    writeFileSync(join(kernel.tree, 'init/main.c'), 'int edited;\n');
    const second = await buildTreeKit(kernel.tree, options);
    expect(second.existed).toBe(false);
    const kits = await listKits(join(cache, 'kits'));
    expect(kits.map(({ key }) => key)).toEqual([second.kit.manifest.key, first.kit.manifest.key]);
    expect(existsSync(join(kernel.tree, 'vmlinux'))).toBe(true);
  });
});
