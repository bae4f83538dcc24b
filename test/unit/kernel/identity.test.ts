import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkIdentity, difference } from '../../../src/kernel/identity.js';
import { problemsOf } from '../../support/codes.js';
import { fakeKernel } from '../../support/fake-kernel.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** A patch that changes no byte of what the fake kernel builds. */
const HARMLESS = '--- /dev/null\n+++ b/init/ukl.c\n@@ -0,0 +1 @@\n+int ukl;\n';

describe('checkIdentity', () => {
  it('confirms that a patch changes nothing', async () => {
    const folder = temporaryFolder();
    const { tarball, series } = fakeKernel(folder, [], HARMLESS);
    const cache = join(folder, 'cache');
    const trees: string[] = [];
    const same = await checkIdentity({
      source: tarball,
      series,
      cache,
      onEvent: (event) => void (event.stage === 'tree' && trees.push(event.name)),
    });
    expect(trees).toEqual(['pristine', 'patched']);
    expect(same.bytes).toBeGreaterThan(0);
    expect(existsSync(join(cache, 'build/identity'))).toBe(false);
  });

  it('finds a patch that changes a byte, and leaves both files to be compared', async () => {
    const folder = temporaryFolder();
    const { tarball, series } = fakeKernel(folder);
    const [problem] = await problemsOf(
      checkIdentity({ source: tarball, series, cache: join(folder, 'cache') }),
    );
    expect(problem?.code).toBe('UKL4018');
    const files = problem?.hint?.match(/\/\S+vmlinux/g) ?? [];
    expect(files.map(existsSync)).toEqual([true, true]);
  });

  it('says where two files differ', () => {
    const bytes = (text: string): Buffer => Buffer.from(text);
    expect(difference(bytes('abc'), bytes('axc'))).toBe('both 3 bytes, different from byte 1 on');
    expect(difference(bytes('abc'), bytes('ab'))).toBe('3 and 2 bytes, different from byte 2 on');
    expect(difference(bytes('ab'), bytes('abc'))).toBe('2 and 3 bytes, different from byte 2 on');
  });
});
