import { defineConfig } from 'vitest/config';

/** The laboratory (`npm run test:xen`): one long story on emulated workstations, its chapters in order. */
export default defineConfig({
  test: {
    include: ['xenlab/**/*.spec.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    teardownTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 1,
    disableConsoleIntercept: true,
  },
});
