/** Every test of the repository, one after the other: `npm test`, then the laboratory of real Xen hosts. The last line counts both. */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { counted } from './vitest.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sum = { passed: 0, failed: 0, skipped: 0 };

/** Runs it with its output shown, and adds what its last line counts. */
function run(script) {
  const child = spawn('npm', ['run', script, '--silent'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let last = '';
  child.stdout.on('data', (piece) => {
    process.stdout.write(piece);
    last = (last + piece).slice(-4_000);
  });
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.log(`npm run ${script}: ${error.message}`);
      sum.failed += 1;
      resolve();
    });
    child.on('close', (code) => {
      const [, passed, failed, skipped = 0] = /(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$/.exec(last) ?? [];
      sum.passed += Number(passed ?? 0);
      sum.failed += passed === undefined || (code !== 0 && failed === '0') ? 1 : Number(failed);
      sum.skipped += Number(skipped);
      resolve();
    });
  });
}

for (const script of ['test', 'test:xen']) await run(script);
process.exitCode = sum.failed === 0 ? 0 : 1;
console.log(counted(sum));
