import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UklError } from '../../src/errors/index.js';
import { verifyKit } from '../../src/kernel/kit.js';
import { installKit } from '../../src/kernel/pack.js';
import { packedKit } from '../support/fake-kernel.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Few in every test, more with `make fuzz`. */
const RUNS = Number(process.env.UKL_FUZZ_RUNS ?? 150);

describe('packed kits that were changed or cut', () => {
  it('are refused whole, or install as the same kit', async () => {
    const { kit, file, folder } = await packedKit(temporaryFolder());
    const tar = gunzipSync(readFileSync(file));
    const mutations = fc.array(fc.tuple(fc.nat(tar.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(mutations, fc.option(fc.nat(tar.length)), async (changes, cut) => {
        const store = join(folder, `store-${run++}`);
        const changed = Buffer.from(tar.subarray(0, cut ?? tar.length));
        for (const [at, byte] of changes) if (at < changed.length) changed[at] = byte;
        writeFileSync(file, gzipSync(changed, { level: 1 }));
        try {
          const installed = await installKit(file, store);
          await verifyKit(installed.kit);
          expect(Object.keys(installed.kit.manifest.files)).toEqual(Object.keys(kit.manifest.files));
        } catch (error) {
          expect(error).toBeInstanceOf(UklError);
          const left = existsSync(store) ? readdirSync(store) : [];
          expect(left).toEqual([]);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
