import { defineConfig } from 'vitest/config';

/** Tests that need a real server or a real host: runs of their own (`npm run test:torque`, `npm run test:xen-host`). */
export default defineConfig({
  test: { include: ['test/real/**/*.spec.ts'], testTimeout: 900_000, hookTimeout: 300_000, pool: 'threads', maxWorkers: 1 },
});
