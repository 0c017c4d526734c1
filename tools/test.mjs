/**
 * Every check of the repository: the compiler, biome, vitest. Arguments are handed to vitest. The last line is
 * `N passed, N failed` (`, N skipped`), where the compiler and biome count as one each.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { run, say } from './progress.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const count = { passed: 0, failed: 0, skipped: 0 };
const bin = (pkg, ...path) => [process.execPath, join(root, 'node_modules', pkg, ...path)];

/** One check, from its complaints. */
function check(name, complaints) {
  if (complaints === '') {
    count.passed++;
    say(`ok     ${name}`);
    return;
  }
  count.failed++;
  say(`failed ${name}\n${complaints}`);
}

const complaintsOf = async (argv) => {
  const { exit, output } = await run(argv, { cwd: root });
  return exit === 0 ? '' : output || `exit ${exit}`;
};

/** Counts tests from vitest's own report; a file that does not load is one failed test, and so is a run without a test. */
async function vitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'domus-test-'));
  const report = join(folder, 'report.json');
  const argv = [...bin('vitest', 'vitest.mjs'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args];
  const { exit } = await run(argv, { cwd: root, inherit: true });
  const before = count.failed;
  let ran = 0;
  for (const file of existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : []) {
    const states = file.assertionResults.map((test) => test.status);
    const failed = states.filter((state) => state === 'failed').length;
    const passed = states.filter((state) => state === 'passed').length;
    ran += passed + failed;
    count.passed += passed;
    count.failed += failed === 0 && file.status === 'failed' ? 1 : failed;
    count.skipped += states.length - passed - failed;
  }
  const reported = existsSync(report);
  rmSync(folder, { recursive: true });
  if (!reported) check('vitest', `ended with ${exit} and wrote no report`);
  else if (ran === 0) check('vitest', 'no test ran');
  else if (exit !== 0 && count.failed === before) check('vitest', `no test failed, but vitest ended with ${exit}: an error outside the tests`);
}

check('tsc (src, plugins, bench)', await build(root));
check('tsc (test)', await complaintsOf([...bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.test.json']));
check('biome', await complaintsOf([...bin('@biomejs/biome', 'bin', 'biome'), 'check', '--colors=off', '--max-diagnostics=50', '.']));
await vitest(process.argv.slice(2));

const skipped = count.skipped === 0 ? '' : `, ${count.skipped} skipped`;
process.exitCode = count.failed === 0 ? 0 : 1;
console.log(`${count.passed} passed, ${count.failed} failed${skipped}`);
