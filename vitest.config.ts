import { defineConfig } from 'vitest/config';
import { patience } from './test/support/patience.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Needs a kernel that nobody has by chance.
    exclude: process.env['UKL_KIT'] === 'debug' ? [] : ['test/debug/**'],
    // Boots are bounded by their own limits; this one only keeps a broken test from hanging the run.
    testTimeout: 300_000 * patience,
    hookTimeout: 600_000 * patience,
    // Two cores: more workers would only starve the QEMU guests of each other.
    maxWorkers: 2,
  },
});
