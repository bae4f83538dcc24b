import { defineConfig } from 'vitest/config';
import { patience } from './test/support/patience.js';

/** The tests that are about machines' behaviour in time. */
const machines = ['test/boot/**/*.test.ts', 'test/debug/**/*.test.ts'];
// The second needs a kernel that nobody has by chance.
const absent = ['test/long/**', ...(process.env['UKL_KIT'] === 'debug' ? [] : ['test/debug/**'])];

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'code', include: ['test/**/*.test.ts'], exclude: [...absent, ...machines] },
      },
      {
        extends: true,
        // An emulated machine shares the host's processors: what fails may fail by chance, which scripts/test.mjs reports and counts.
        test: { name: 'machine', include: machines, exclude: absent, retry: 1 },
      },
    ],
    // Boots are bounded by their own limits; this one only keeps a broken test from hanging the run.
    testTimeout: 300_000 * patience,
    hookTimeout: 600_000 * patience,
    // Two cores: more workers would only starve the QEMU guests of each other.
    maxWorkers: 2,
  },
});
