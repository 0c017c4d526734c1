import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/own-temp.ts'],
    // generous: the machine may be busy; nothing waits on it
    testTimeout: 300_000,
    hookTimeout: 60_000,
    // processes, not threads: a thread that ends closes file descriptors by number that native code has closed already
    pool: 'forks',
    maxWorkers: 2,
  },
});
