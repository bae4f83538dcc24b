import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

/** What `make test-long` runs: hours of machine time, bounded by the tests' own limits. */
export default mergeConfig(
  { ...base, test: { ...base.test, projects: undefined, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: ['test/long/**/*.test.ts'],
      testTimeout: 3_600_000,
      hookTimeout: 3_600_000,
      maxWorkers: 1,
    },
  }),
);
