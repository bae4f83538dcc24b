import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // `make test-long` runs these.
    exclude: ['test/long/**'],
    // Boots are bounded by their own limits; this one only keeps a broken test from hanging the run.
    testTimeout: 300_000,
    hookTimeout: 600_000,
    // Two cores: more workers would only starve the QEMU guests of each other.
    maxWorkers: 2,
  },
});
